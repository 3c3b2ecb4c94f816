// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// lxcpp.conf, the settings of the host (lxc.system.conf(5)): the same keys as LXC's lxc.conf.
namespace lxcpp {

struct GlobalConfig {
    std::string lxcpath;        // where containers live
    std::string default_config; // what create copies when it is given no -f
    std::string cgroup_use;     // comma separated controllers; empty = all
    std::string cgroup_pattern; // name of a container's group, %n is its name
    std::string lvm_vg = "lxc";
    std::string lvm_thin_pool = "lxc";
    std::string zfs_root = "lxc";
    std::string rbd_pool;
    std::string rbd_user;
    bool operator==(const GlobalConfig&) const = default;
};

// Reads paths.config / "lxcpp.conf" over the defaults; a missing file is no error. Lines that do
// not begin with "lxc." are ignored. Throws ConfigError for an unknown key.
[[nodiscard]] GlobalConfig load_global_config(const Paths& paths);
[[nodiscard]] GlobalConfig parse_global_config(std::string_view text, const std::string& file,
                                               const Paths& paths);

// The value of a key ("" when not set); nullopt when there is no such key.
[[nodiscard]] std::optional<std::string> global_item(const GlobalConfig& config,
                                                     std::string_view key);

struct GlobalKeyInfo {
    std::string name;
    std::string help;
    bool listed = true;   // by "lxcpp-config -l", which lists what lxc-config does
    bool applied = false; // some code acts on it
};
[[nodiscard]] std::vector<GlobalKeyInfo> global_keys();

} // namespace lxcpp
