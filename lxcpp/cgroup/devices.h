// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"
#include "host/cgroup_layout.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

enum class DeviceType { All, Block, Char };

inline constexpr unsigned kDeviceRead = 1;
inline constexpr unsigned kDeviceWrite = 2;
inline constexpr unsigned kDeviceMknod = 4;
inline constexpr unsigned kDeviceAnyAccess = 7;

// One line of devices.allow or devices.deny.
struct DeviceRule {
    bool allow = false;
    DeviceType type = DeviceType::All; // All: sets the mode of the list, the rest does not matter
    std::optional<std::uint32_t> major; // none = '*'
    std::optional<std::uint32_t> minor;
    unsigned access = kDeviceAnyAccess;
    bool operator==(const DeviceRule&) const = default;
};

// "a", "a *:* rwm", "c 1:3 rwm", "b *:* m". Throws Error that shows the text.
[[nodiscard]] DeviceRule parse_device_rule(bool allow, std::string_view text);
[[nodiscard]] std::string print_device_rule(const DeviceRule& rule); // as the kernel wants it

// What a list of rules comes to: a default and the exceptions from it (LXC's and the kernel's v1
// semantics). The last "a" decides the default; without one everything is denied. Rules of the
// default's own sign take access from an equal exception and have no effect otherwise.
struct DevicePolicy {
    bool allow_by_default = false;
    std::vector<DeviceRule> exceptions; // each with allow == !allow_by_default
    bool operator==(const DevicePolicy&) const = default;
};
[[nodiscard]] DevicePolicy reduce_device_rules(std::span<const DeviceRule> rules);
// A denied access needs only to overlap an exception; an allowed one must be covered by one.
[[nodiscard]] bool device_allowed(const DevicePolicy& policy, DeviceType type, std::uint32_t major,
                                  std::uint32_t minor, unsigned access) noexcept;

// Which rules are written to the v1 controller and which become a program on the v2 group.
struct DevicePlan {
    std::vector<DeviceRule> v1;
    std::vector<DeviceRule> v2;
    bool operator==(const DevicePlan&) const = default;
};

// Pure. lxc.cgroup.devices.* goes to the v1 controller, lxc.cgroup2.devices.* to v2 where the host
// has them (a hybrid host applies both); on a host with one of the two, rules that were given only
// for the other one are used for it. The rules are added to defaults unless one of them is for "a", which
// sets the whole list. Throws Error for a bad rule, or when there are rules and neither can be applied;
// defaults alone are left out then.
[[nodiscard]] DevicePlan plan_devices(const CgroupLayout& layout, const CgroupOptions& options,
                                      std::span<const DeviceRule> defaults = {});

// The allow-list of every container: null, zero, full, random, urandom, tty, console, ptmx, pts.
[[nodiscard]] std::vector<DeviceRule> default_device_rules();

} // namespace lxcpp
