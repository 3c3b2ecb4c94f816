// SPDX-License-Identifier: Apache-2.0
#include "config/validate.h"

#include "base/strings.h"
#include "config/names.h"
#include "config/validate_network.h"

#include <algorithm>
#include <fmt/format.h>

#include "sys/namespace.h"

namespace lxcpp {
namespace {

constexpr std::uint64_t kLastId = 0xffff'fffe; // 2^32 - 1 is "no id"
constexpr std::size_t kMaxMapLines = 340;      // user_namespaces(7)

using Problems = std::vector<Problem>;

void add(Problems& problems, std::string key, std::string message) {
    problems.push_back({Severity::Error, {}, std::move(key), std::move(message), {}});
}

void check_capabilities(const Capabilities& caps, Problems& problems) {
    if (!caps.drop.empty() && caps.keep)
        add(problems, "lxc.cap.keep", "excludes lxc.cap.drop; clear one of the two lists");
}

bool overlap(std::uint64_t a, std::uint64_t b, const IdMapEntry& x, const IdMapEntry& y) {
    return a < b + y.range && b < a + x.range;
}

std::string entry_text(const IdMapEntry& entry) {
    return fmt::format("{} {} {} {}", name_of(entry.kind), entry.nsid, entry.hostid, entry.range);
}

void check_map_entry(const IdMapEntry& entry, Problems& problems) {
    const auto last = std::uint64_t{entry.range} - 1;
    if (entry.nsid + last > kLastId || entry.hostid + last > kLastId)
        add(problems, "lxc.idmap", fmt::format("\"{}\" goes past the last id", entry_text(entry)));
}

void check_map_pair(const IdMapEntry& a, const IdMapEntry& b, Problems& problems) {
    if (a.kind != b.kind) return;
    const bool inside = overlap(a.nsid, b.nsid, a, b);
    if (inside || overlap(a.hostid, b.hostid, a, b))
        add(problems, "lxc.idmap",
            fmt::format("\"{}\" and \"{}\" overlap {}", entry_text(a), entry_text(b),
                        inside ? "inside" : "on the host"));
}

void check_idmap(const std::vector<IdMapEntry>& map, Problems& problems) {
    for (std::size_t i = 0; i < map.size(); ++i) {
        check_map_entry(map[i], problems);
        for (std::size_t j = i + 1; j < map.size(); ++j) check_map_pair(map[i], map[j], problems);
    }
    const auto uids =
        static_cast<std::size_t>(std::ranges::count(map, IdKind::Uid, &IdMapEntry::kind));
    if (!map.empty() && (uids == 0 || uids == map.size()))
        add(problems, "lxc.idmap", "needs lines for both user (u) and group (g) ids");
    if (std::max(uids, map.size() - uids) > kMaxMapLines)
        add(problems, "lxc.idmap", fmt::format("more than {} lines of a kind", kMaxMapLines));
}

void check_namespaces(const Namespaces& namespaces, Problems& problems) {
    if (namespaces.clone != 0 && namespaces.keep != 0)
        add(problems, "lxc.namespace.keep", "excludes lxc.namespace.clone");
    for (const auto& share : namespaces.share)
        if ((namespaces.keep & sys::find_namespace(share.name)->flag) != 0)
            add(problems, "lxc.namespace.share." + share.name,
                fmt::format("{} is in lxc.namespace.keep already", share.name));
}

void check_time(const Config& config, Problems& problems) {
    const auto flag = sys::find_namespace("time")->flag;
    const auto& namespaces = config.namespaces;
    const bool has_time =
        namespaces.clone == 0 ? (namespaces.keep & flag) == 0 : (namespaces.clone & flag) != 0;
    if (has_time || config.time == TimeOffsets{}) return;
    const bool boot = config.time.boot != TimeOffset{};
    add(problems, boot ? "lxc.time.offset.boot" : "lxc.time.offset.monotonic",
        "needs a time namespace, which lxc.namespace.* rules out");
}

void check_rootfs(const Config& config, Problems& problems) {
    const auto options = split(config.rootfs.options, ',');
    const bool mapped = std::ranges::find(options, "idmap=container") != options.end();
    if (mapped && config.idmap.empty())
        add(problems, "lxc.rootfs.options", "idmap=container needs lxc.idmap lines");
}

void check_cgroup(const CgroupOptions& cgroup, Problems& problems) {
    const bool container = !cgroup.dir_container.empty();
    const bool monitor = !cgroup.dir_monitor.empty();
    if (!cgroup.dir.empty() && (container || monitor))
        add(problems, "lxc.cgroup.dir",
            "excludes lxc.cgroup.dir.container and lxc.cgroup.dir.monitor");
    if (container && !monitor)
        add(problems, "lxc.cgroup.dir.container", "needs lxc.cgroup.dir.monitor too");
    if (monitor && !container)
        add(problems, "lxc.cgroup.dir.monitor", "needs lxc.cgroup.dir.container too");
    if (!cgroup.dir_container_inner.empty() && !container)
        add(problems, "lxc.cgroup.dir.container.inner", "needs lxc.cgroup.dir.container");
    if (container && cgroup.dir_container == cgroup.dir_monitor)
        add(problems, "lxc.cgroup.dir.monitor", "is the same as lxc.cgroup.dir.container");
}

} // namespace

std::vector<Problem> validate(const Config& config) {
    Problems problems;
    check_capabilities(config.caps, problems);
    check_idmap(config.idmap, problems);
    check_namespaces(config.namespaces, problems);
    check_time(config, problems);
    check_rootfs(config, problems);
    check_cgroup(config.cgroup, problems);
    check_network(config.net, problems);
    return problems;
}

} // namespace lxcpp
