// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/cgroup_layout.h"

#include <string>
#include <vector>

// Hosts of the three kinds, as the layout probe would describe them.
namespace lxcpp::test {

inline Hierarchy hierarchy(int version, const std::string& mountpoint, std::vector<std::string> controllers) {
    Hierarchy result;
    result.version = version;
    result.mountpoint = mountpoint;
    result.controllers = std::move(controllers);
    result.own_path = "/user/me";
    result.init_path = "/";
    result.writable = true;
    return result;
}

inline CgroupLayout hybrid_host(const std::string& top = "/sys/fs/cgroup") {
    return {{hierarchy(1, top + "/memory", {"memory"}), hierarchy(1, top + "/cpu,cpuacct", {"cpu", "cpuacct"}),
             hierarchy(1, top + "/cpuset", {"cpuset"}), hierarchy(1, top + "/devices", {"devices"}),
             hierarchy(1, top + "/blkio", {"blkio"}), hierarchy(1, top + "/systemd", {"name=systemd"}),
             hierarchy(2, top + "/unified", {})}};
}

inline CgroupLayout unified_host(const std::string& top = "/sys/fs/cgroup") {
    return {{hierarchy(2, top, {"cpu", "cpuset", "io", "memory", "pids"})}};
}

inline CgroupLayout legacy_host() {
    CgroupLayout layout = hybrid_host();
    layout.list.pop_back();
    return layout;
}

} // namespace lxcpp::test
