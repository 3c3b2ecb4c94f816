// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp {

// One mounted cgroup hierarchy.
struct Hierarchy {
    int version = 2;
    std::filesystem::path mountpoint;
    std::vector<std::string> controllers; // v1: as mounted, also "name=systemd"; v2: cgroup.controllers of its root
    std::string own_path;                 // of the caller: "/" or "/a/b", from /proc/self/cgroup
    bool writable = false;                // we may make groups below our base (init_path for root, else own_path)
    std::string init_path = "/";          // of pid 1, without a last component init.scope
    bool operator==(const Hierarchy&) const = default;
};

// v1, v2 and hybrid hosts are the same list.
struct CgroupLayout {
    std::vector<Hierarchy> list;
    bool operator==(const CgroupLayout&) const = default;
};

} // namespace lxcpp
