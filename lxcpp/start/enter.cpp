// SPDX-License-Identifier: Apache-2.0
#include "start/enter.h"

#include "base/error.h"
#include "host/id_map.h"
#include "sys/file.h"
#include "sys/memfd.h"
#include "sys/own_namespace.h"

#include <algorithm>
#include <optional>
#include <sys/stat.h>

namespace lxcpp {
namespace {

std::string decimal(int number) { return number < 0 ? "-" : std::to_string(number); }

std::string list(const std::vector<gid_t>& groups) {
    if (groups.empty()) return "-";
    if (groups.size() > kEnterGroups) throw Error("more than " + std::to_string(kEnterGroups) + " groups");
    std::string text;
    for (const gid_t group : groups) text += (text.empty() ? "" : ",") + std::to_string(group);
    return text;
}

// nullopt: somebody whom nobody in a user's namespace is.
std::optional<uid_t> our_owner() {
    constexpr uid_t unmapped = 65534;
    const auto info = sys::stat_path("/proc/self/exe");
    if (info && info->st_uid == unmapped && sys::in_own_namespace()) return std::nullopt;
    return info ? info->st_uid : 0;
}

} // namespace

std::vector<std::string> enter_words(const EnterCall& call, std::size_t programs) {
    return {"lxcpp-enter",
            std::to_string(call.tasks),
            decimal(call.report),
            decimal(call.terminal),
            decimal(call.filter),
            std::to_string(call.uid),
            std::to_string(call.gid),
            std::to_string(call.step),
            std::to_string(call.capabilities),
            list(call.groups),
            std::to_string(programs)};
}

Fd sealed_enter(const Paths& paths) { return sys::sealed_program(paths.libexec / "lxcpp-enter"); }

bool may_write_to_us(const std::vector<IdMapEntry>& idmap) {
    if (idmap.empty()) return true;
    const std::optional<uid_t> owner = our_owner();
    return owner && std::ranges::any_of(idmap, [owner](const IdMapEntry& entry) {
        return entry.kind != IdKind::Gid && *owner >= entry.hostid && *owner - entry.hostid < entry.range;
    });
}

bool may_write_to_us(pid_t init) {
    const std::string map = sys::read_file("/proc/" + std::to_string(init) + "/uid_map");
    const std::optional<uid_t> owner = our_owner();
    return owner && parse_id_map(map).to_container(*owner).has_value();
}

} // namespace lxcpp
