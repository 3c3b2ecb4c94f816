// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// One mounted cgroup hierarchy. Paths of groups are below mountpoint ("/" is its top) and empty
// when the mount does not show the group: a mount from outside of our cgroup namespace.
struct Hierarchy {
    int version = 2;
    std::filesystem::path mountpoint;
    // v1: as mounted, also "name=systemd"; v2: cgroup.controllers of its root
    std::vector<std::string> controllers;
    std::string own_path; // of the caller: "/" or "/a/b", from /proc/self/cgroup
    // we may make groups below our base (init_path for root, else own_path)
    bool writable = false;
    std::string init_path = "/"; // of pid 1, without a last component init.scope
    bool operator==(const Hierarchy&) const = default;

    [[nodiscard]] bool has(std::string_view controller) const noexcept;
};

// v1, v2 and hybrid hosts are the same list.
struct CgroupLayout {
    std::vector<Hierarchy> list;
    bool operator==(const CgroupLayout&) const = default;

    [[nodiscard]] const Hierarchy* unified() const noexcept; // the v2 one, if any
    // One v2 hierarchy and nothing else.
    [[nodiscard]] bool unified_only() const noexcept;
    // The hierarchy in which this controller can be used; nullptr when there is none.
    [[nodiscard]] const Hierarchy* with(std::string_view controller) const noexcept;
};

// Below which group a new container's groups are made: root uses pid 1's, so that a container does
// not die with the session that started it, unless relative (lxc.cgroup.relative); others their
// own.
[[nodiscard]] const std::string& base_path(const Hierarchy& hierarchy, bool root,
                                           bool relative) noexcept;

// Pure: texts of /proc/self/mountinfo, /proc/self/cgroup and /proc/1/cgroup. Each hierarchy once,
// in the order of the mounts; where it is mounted several times, the first mount that shows our own
// group. controllers of v2 stay empty and writable false: they stand in no such file.
[[nodiscard]] CgroupLayout parse_cgroup_layout(std::string_view mountinfo,
                                               std::string_view self_cgroup,
                                               std::string_view init_cgroup = {});
// As it is mounted, with the controllers of v2; writable stays false. Other mounts may hide what it names.
[[nodiscard]] CgroupLayout mounted_cgroup_layout();
// Only what can be seen, with all its fields.
[[nodiscard]] CgroupLayout probe_cgroup_layout();

} // namespace lxcpp
