// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/plan.h"

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// The option column of an fstab(5) line, with LXC's words (lxc.container.conf, lxc.mount.entry).
struct MountOptions {
    bool bind = false;
    bool recursive = false;
    bool move = false;
    bool relative = false;
    bool optional = false;
    bool remount = false;
    Create create = Create::No;
    std::uint64_t set = 0;   // MOUNT_ATTR_*
    std::uint64_t clear = 0;
    std::uint64_t propagation = 0; // MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE
    bool propagation_recursive = false;
    std::string idmap;             // "container" or a path
    std::vector<std::string> data; // what the file system itself understands
};

// key names the configuration key in errors. Throws ConfigError.
[[nodiscard]] MountOptions parse_mount_options(std::string_view text, std::string_view key);

} // namespace lxcpp
