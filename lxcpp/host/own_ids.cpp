// SPDX-License-Identifier: Apache-2.0
#include "host/own_ids.h"

#include "base/error.h"
#include "base/paths.h"
#include "base/strings.h"
#include "host/id_helpers.h"
#include "host/id_map.h"
#include "sys/cred.h"
#include "sys/file.h"
#include "sys/namespace.h"
#include "sys/own_file.h"
#include "sys/spawn.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fmt/core.h>
#include <sched.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace lxcpp {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostNote = 4096;

std::string command_that_gives(const IdSources& sources) {
    const auto free = find_free_subids(sources);
    const std::string range = free ? fmt::format("{}-{}", free->first, free->end() - 1) : "FIRST-LAST";
    return fmt::format("root gives some with: usermod --add-subuids {0} --add-subgids {0} {1}", range, printable(sources.user));
}

[[noreturn]] void refuse(const IdSources& sources) {
    const bool none = subid_ranges(sources.subuid, sources.user, sources.uid).empty() &&
                      subid_ranges(sources.subgid, sources.user, sources.uid).empty();
    throw Error(fmt::format("the files of a root file system belong to {} ids, and {}: {}", kIdsPerContainer,
                            none ? fmt::format("{} has no subordinate ones in /etc/subuid and /etc/subgid", printable(sources.user))
                                 : fmt::format("/etc/subuid and /etc/subgid do not both give as many to {} alone", printable(sources.user)),
                            command_that_gives(sources)));
}

bool fits(const IdRange& ids, const RangePool& pool) { return IdMap({{0, ids.first, ids.count}}).fits(pool.ranges); }

std::optional<IdRange> read_note(const std::filesystem::path& file) {
    const auto text = sys::read_own_file_if_exists(file, kMostNote);
    if (!text) return std::nullopt;
    const IdMap map = with_context(file.string(), [&] { return parse_id_map(*text); });
    if (map.mappings().size() == 1 && map.covers(kIdsPerContainer)) return IdRange{*map.to_host(0), kIdsPerContainer};
    throw Error(file.string() + ": expected one line, 0 FIRST 65536");
}

// Our own id is beyond those of root file systems, and further ones are beyond that.
IdMap map_with(const IdRange& ids, std::uint32_t own, const std::vector<IdRange>& further) {
    constexpr std::size_t most = 100; // newuidmap takes no more words than a page has room for
    std::vector<IdMapping> lines{{0, ids.first, ids.count}, {kOwnUserInside, own, 1}};
    std::uint64_t next = std::uint64_t{kOwnUserInside} + 1;
    for (const IdRange& range : further) {
        if (lines.size() == most || next + range.count > 0xffffffffu) break;
        lines.push_back({static_cast<std::uint32_t>(next), range.first, range.count});
        next += range.count;
    }
    return IdMap(std::move(lines));
}

std::vector<std::string> helper_words(const char* helper, pid_t pid, const IdMap& map) {
    std::vector<std::string> words{helper, std::to_string(pid)};
    for (const IdMapping& line : map.mappings()) {
        for (const std::uint32_t number : {line.inside, line.host, line.count}) words.push_back(std::to_string(number));
    }
    return words;
}

// The process is a child of ours that nobody has waited for: its number cannot mean another one.
void write_map(const char* helper, pid_t pid, const IdMap& map) {
    if (!sys::exists(helper)) {
        throw Error(fmt::format("{} is not there, without which only root can use subordinate ids: install the package uidmap", helper));
    }
    const sys::RunResult result = sys::run_and_capture({.argv = helper_words(helper, pid, map), .env = std::vector<std::string>()}, 30s);
    if (result.status == sys::ExitStatus{}) return;
    throw Error(fmt::format("{} (which must be setuid root, where programs may gain rights): {}", helper, printable(trim(result.output))));
}

bool only(const IdMap& map, std::uint32_t id) {
    return map.mappings().size() == 1 && map.mappings().front().host == id && map.mappings().front().count == 1;
}

std::optional<std::string> setting(const char* file) {
    try {
        const auto text = sys::read_file_if_exists(file);
        return text ? std::optional(std::string(trim(*text))) : std::nullopt;
    } catch (const SystemError&) {
        return std::nullopt;
    }
}

NamespaceSettings probe_settings() {
    return {setting("/proc/sys/user/max_user_namespaces"), setting("/proc/sys/kernel/unprivileged_userns_clone"),
            setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")};
}

[[noreturn]] void throw_refused(const SystemError& error) {
    const std::string why = why_no_namespace(probe_settings());
    throw Error(fmt::format("enter a user namespace: {} ({})", error.what(),
                            why.empty() ? "sysctl user.max_user_namespaces bounds how many there are, and a security module can forbid them" : why));
}

// Inside our number is another one: what is named after it must be known before.
void keep_paths() { ::setenv("LXCPP_RUNTIME_DIR", default_paths().runtime.c_str(), 1); }

void enter(const Fd& user_namespace) {
    const sys::DeathSignal death_signal;
    keep_paths();
    sys::enter_namespace(user_namespace, CLONE_NEWUSER);
    sys::unshare_namespaces(CLONE_NEWNS);
    sys::become_dumpable(); // else the maps of a container would be files of the host's root
    death_signal.renew();
}

} // namespace

IdRange choose_own_ids(const IdSources& sources, const std::optional<IdRange>& before) {
    const RangePool pool = choose_range_pool(sources);
    if (before && fits(*before, pool)) return *before;
    if (before) {
        throw Error(fmt::format("the files of the store belong to the ids {}-{}, which /etc/subuid and /etc/subgid do not both give to {} alone any "
                                "more: only root can remove them", before->first, before->end() - 1, printable(sources.user)));
    }
    if (pool.ranges.empty()) refuse(sources);
    return {pool.ranges.front().first, kIdsPerContainer};
}

IdRange own_ids_of(const std::filesystem::path& directory) {
    const std::filesystem::path file = directory / "ids";
    const auto before = read_note(file);
    const IdRange ids = choose_own_ids(probe_id_sources(::geteuid()), before);
    if (!before) sys::write_file_atomic(file, IdMap({{0, ids.first, ids.count}}).text(), 0600);
    return ids;
}

std::vector<IdRange> further_own_ids(const IdSources& sources, const IdRange& chosen) {
    // Also what is too little for a whole container.
    std::vector<IdRange> taken{chosen};
    for (const SubIdFile* file : {&sources.subuid, &sources.subgid}) {
        for (const SubIdEntry& entry : file->entries) {
            if (entry.owner != sources.user && entry.owner != std::to_string(sources.uid)) taken.push_back(entry.range);
        }
    }
    for (const std::uint32_t account : sources.accounts) taken.push_back({account, 1});
    const auto of_user = [&sources](const SubIdFile& file) { return subid_ranges(file, sources.user, sources.uid); };
    return subtract_ranges(intersect_ranges(of_user(sources.subuid), of_user(sources.subgid)), std::move(taken));
}

uid_t our_uid_outside() {
    const uid_t ours = ::geteuid();
    if (!sys::in_own_namespace()) return ours;
    return parse_id_map(sys::read_file("/proc/self/uid_map")).to_host(ours).value_or(ours);
}

std::string why_no_namespace(const NamespaceSettings& settings) {
    if (settings.most == "0") return "user namespaces are switched off: root allows them with sysctl -w user.max_user_namespaces=10000";
    if (settings.allowed == "0") return "users may not have any: root allows it with sysctl -w kernel.unprivileged_userns_clone=1";
    if (settings.restricted == "1") {
        return "AppArmor gives users none with rights: root allows it with sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, "
               "or for lxcpp alone by a profile with \"userns,\"";
    }
    return "";
}

Fd make_mapped_namespace(const IdMap& uids, const IdMap& gids) {
    try {
        const bool ourselves = ::geteuid() == 0 || (only(uids, ::geteuid()) && only(gids, ::getegid()));
        if (ourselves) return sys::make_user_namespace(uids.text(), gids.text());
        return sys::make_user_namespace([&](pid_t pid) {
            write_map(kNewUidMap, pid, uids);
            write_map(kNewGidMap, pid, gids);
        });
    } catch (const SystemError& error) {
        if (error.code() != EPERM && error.code() != EACCES && error.code() != ENOSPC) throw;
        throw_refused(error);
    }
}

void enter_own_namespace(const IdRange& ids, const std::vector<IdRange>& further) {
    try {
        enter(make_mapped_namespace(map_with(ids, ::geteuid(), further), map_with(ids, ::getegid(), further)));
    } catch (const SystemError& error) {
        if (error.code() != EPERM && error.code() != EACCES && error.code() != ENOSPC) throw;
        throw_refused(error);
    }
}

void join_own_namespace(pid_t pid) {
    const auto around = sys::user_namespace_around(pid);
    if (!around || sys::owner_of_namespace(*around) != ::geteuid()) {
        throw Error(fmt::format("process {} is not in a user namespace that is inside one of ours", pid));
    }
    enter(*around);
}

} // namespace lxcpp
