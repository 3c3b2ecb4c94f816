// SPDX-License-Identifier: Apache-2.0
#include "cgroup/devices_v1.h"

#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>

namespace lxcpp {

void apply_device_rules_v1(std::span<const std::filesystem::path> payload_dirs,
                           std::span<const DeviceRule> rules) {
    if (rules.empty()) return;
    const auto group = std::ranges::find_if(
        payload_dirs, [](const auto& dir) { return sys::exists(dir / "devices.allow"); });
    if (group == payload_dirs.end()) throw Error("device rules: the container has no v1 devices cgroup");
    for (const DeviceRule& rule : rules) {
        const auto file = *group / (rule.allow ? "devices.allow" : "devices.deny");
        const std::string text = print_device_rule(rule);
        const int result = sys::try_write_existing(file, text);
        if (result != 0) throw SystemError(fmt::format("write '{}' to {}", text, file.native()), -result);
    }
}

} // namespace lxcpp
