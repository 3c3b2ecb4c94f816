// SPDX-License-Identifier: Apache-2.0
#include "cgroup/devices_v1.h"

#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <string>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

void write_rule(const fs::path& dir, bool allow, std::string_view text) {
    const fs::path file = dir / (allow ? "devices.allow" : "devices.deny");
    const int result = sys::try_write_existing(file, text);
    if (result != 0) throw SystemError(fmt::format("write '{}' to {}", text, file.native()), -result);
}

std::vector<std::string> listed(const fs::path& dir) {
    const std::string text = sys::read_file(dir / "devices.list");
    std::vector<std::string> rules;
    for (const std::string_view line : split_lines(text)) rules.emplace_back(trim(line));
    return rules;
}

bool allows_by_default(const std::vector<std::string>& list) {
    return std::ranges::any_of(list, [](const std::string& rule) { return rule.starts_with("a "); });
}

// "a" itself is refused once there are groups below.
constexpr std::string_view kAllDevices[] = {"c *:* rwm", "b *:* rwm"};

void clear_list(const fs::path& dir) {
    for (const std::string& rule : listed(dir)) write_rule(dir, false, rule);
}

void apply_guarded(const fs::path& dir, const DevicePolicy& policy) {
    clear_list(dir);
    for (const DeviceRule& rule : policy.exceptions) change_guarded_devices(dir, rule);
}

} // namespace

void begin_device_list(const fs::path& dir) {
    if (!allows_by_default(listed(dir))) return; // the group above has a list, and we what it allows
    write_rule(dir, false, "a");
    for (const std::string_view rule : kAllDevices) write_rule(dir, true, rule);
}

fs::path guarded_group(const fs::path& dir) {
    fs::path inner = dir / kGuardedGroup;
    return sys::exists(inner / "devices.allow") ? inner : fs::path();
}

void change_guarded_devices(const fs::path& dir, const DeviceRule& rule) {
    const bool all = rule.type == DeviceType::All;
    if (all && !rule.allow) return clear_list(dir); // the kernel takes it from the groups below as well
    const std::string one = print_device_rule(rule);
    const std::string_view single[] = {one};
    for (const std::string_view text : all ? std::span<const std::string_view>(kAllDevices) : single) {
        write_rule(dir, rule.allow, text);
        if (rule.allow) write_rule(guarded_group(dir), true, text);
    }
}

void apply_device_rules_v1(std::span<const fs::path> payload_dirs, std::span<const DeviceRule> rules) {
    if (rules.empty()) return;
    const auto group = std::ranges::find_if(
        payload_dirs, [](const auto& dir) { return sys::exists(dir / "devices.allow"); });
    if (group == payload_dirs.end()) throw Error("device rules: the container has no v1 devices cgroup");
    if (!guarded_group(*group).empty()) return apply_guarded(*group, reduce_device_rules(rules));
    for (const DeviceRule& rule : rules) write_rule(*group, rule.allow, print_device_rule(rule));
}

} // namespace lxcpp
