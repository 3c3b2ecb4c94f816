// SPDX-License-Identifier: Apache-2.0
#include "cgroup/devices.h"

#include "base/strings.h"
#include "cgroup/cgroup_plan.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>

namespace lxcpp {
namespace {

constexpr std::uint32_t kMaxMajor = 0xfff; // the kernel's 12 and 20 bits
constexpr std::uint32_t kMaxMinor = 0xfffff;

[[noreturn]] void reject(std::string_view text, std::string_view why) {
    throw Error(fmt::format("device rule '{}': {}; expected 'a' or like 'c 1:3 rwm', 'b *:* m'",
                            printable(text), why));
}

std::optional<std::uint32_t> parse_number(std::string_view text, std::string_view field, std::uint32_t limit) {
    if (field == "*") return std::nullopt;
    const auto number = parse_u64(field);
    if (!number || *number > limit) reject(text, "bad device number");
    return static_cast<std::uint32_t>(*number);
}

unsigned parse_access(std::string_view text, std::string_view letters) {
    unsigned access = 0;
    for (const char letter : letters) {
        switch (letter) {
        case 'r': access |= kDeviceRead; break;
        case 'w': access |= kDeviceWrite; break;
        case 'm': access |= kDeviceMknod; break;
        default: reject(text, "the access is made of the letters r, w and m");
        }
    }
    return access;
}

bool same_devices(const DeviceRule& a, const DeviceRule& b) {
    return a.type == b.type && a.major == b.major && a.minor == b.minor;
}

bool default_of(std::span<const DeviceRule> rules) {
    bool allow = false; // as in LXC: a list without "a" is an allow-list
    for (const DeviceRule& rule : rules) {
        if (rule.type == DeviceType::All) allow = rule.allow;
    }
    return allow;
}

void add_exception(std::vector<DeviceRule>& exceptions, const DeviceRule& rule) {
    const auto same = std::ranges::find_if(exceptions, [&](const auto& e) { return same_devices(e, rule); });
    if (same == exceptions.end()) {
        exceptions.push_back(rule);
    } else {
        same->access |= rule.access;
    }
}

void take_from_exception(std::vector<DeviceRule>& exceptions, const DeviceRule& rule) {
    for (DeviceRule& exception : exceptions) {
        if (same_devices(exception, rule)) exception.access &= ~rule.access;
    }
    std::erase_if(exceptions, [](const DeviceRule& exception) { return exception.access == 0; });
}

bool covers_device(const DeviceRule& rule, DeviceType type, std::uint32_t major, std::uint32_t minor) {
    return rule.type == type && rule.major.value_or(major) == major && rule.minor.value_or(minor) == minor;
}

std::vector<DeviceRule> rules_of(const std::vector<Setting>& settings, std::string_view prefix) {
    std::vector<DeviceRule> rules;
    for (const Setting& setting : settings) {
        if (controller_of(setting.name) != "devices") continue;
        if (setting.name != "devices.allow" && setting.name != "devices.deny") {
            throw Error(fmt::format("{}.{}: only devices.allow and devices.deny can be set", prefix,
                                    printable(setting.name)));
        }
        rules.push_back(parse_device_rule(setting.name == "devices.allow", setting.value));
    }
    return rules;
}

bool sets_mode(const std::vector<DeviceRule>& rules) {
    return std::ranges::find(rules, DeviceType::All, &DeviceRule::type) != rules.end();
}

} // namespace

DeviceRule parse_device_rule(bool allow, std::string_view text) {
    const auto words = split_words(trim(text));
    DeviceRule rule;
    rule.allow = allow;
    if (words.size() == 1 && words[0] == "a") return rule;
    if (words.size() != 3) reject(text, "three fields are needed");
    const auto numbers = split(words[1], ':');
    if (numbers.size() != 2) reject(text, "the device is MAJOR:MINOR, each a number or '*'");
    rule.major = parse_number(text, numbers[0], kMaxMajor);
    rule.minor = parse_number(text, numbers[1], kMaxMinor);
    rule.access = parse_access(text, words[2]);
    if (words[0] == "a") {
        // The kernel would take "a 1:3 r" for all devices.
        if (rule.major || rule.minor || rule.access != kDeviceAnyAccess) reject(text, "'a' means all");
        return rule;
    }
    if (words[0] != "b" && words[0] != "c") reject(text, "the type is a, b or c");
    rule.type = words[0] == "b" ? DeviceType::Block : DeviceType::Char;
    return rule;
}

std::string print_device_rule(const DeviceRule& rule) {
    if (rule.type == DeviceType::All) return "a";
    const auto number = [](const auto& value) { return value ? std::to_string(*value) : std::string("*"); };
    std::string access;
    if ((rule.access & kDeviceRead) != 0) access += 'r';
    if ((rule.access & kDeviceWrite) != 0) access += 'w';
    if ((rule.access & kDeviceMknod) != 0) access += 'm';
    return fmt::format("{} {}:{} {}", rule.type == DeviceType::Block ? 'b' : 'c', number(rule.major),
                       number(rule.minor), access);
}

DevicePolicy reduce_device_rules(std::span<const DeviceRule> rules) {
    DevicePolicy policy;
    policy.allow_by_default = default_of(rules);
    for (const DeviceRule& rule : rules) {
        if (rule.type == DeviceType::All) continue;
        if (rule.allow != policy.allow_by_default) {
            add_exception(policy.exceptions, rule);
        } else {
            take_from_exception(policy.exceptions, rule);
        }
    }
    return policy;
}

bool device_allowed(const DevicePolicy& policy, DeviceType type, std::uint32_t major, std::uint32_t minor,
                    unsigned access) noexcept {
    const bool excepted = std::ranges::any_of(policy.exceptions, [&](const DeviceRule& rule) {
        if (!covers_device(rule, type, major, minor)) return false;
        return policy.allow_by_default ? (access & rule.access) != 0 : (access & ~rule.access) == 0;
    });
    return excepted != policy.allow_by_default;
}

DevicePlan plan_devices(const CgroupLayout& layout, const CgroupOptions& options, std::span<const DeviceRule> defaults) {
    DevicePlan plan{rules_of(options.v1, "lxc.cgroup"), rules_of(options.v2, "lxc.cgroup2")};
    const Hierarchy* controller = layout.with("devices");
    const Hierarchy* unified = layout.unified();
    const bool has_v1 = controller != nullptr && controller->writable;
    const bool has_v2 = unified != nullptr && unified->writable;
    if (!has_v1 && !has_v2) {
        if (plan.v1.empty() && plan.v2.empty()) return plan;
        throw Error("device rules are given (lxc.cgroup.devices, lxc.cgroup2.devices), and this host has "
                    "no cgroup that can apply them: neither the v1 devices controller nor a v2 hierarchy "
                    "that we may write");
    }
    std::vector<DeviceRule>& used = has_v1 ? plan.v1 : plan.v2;
    std::vector<DeviceRule>& other = has_v1 ? plan.v2 : plan.v1;
    if (!has_v1 || !has_v2) {
        if (used.empty()) used = std::move(other);
        other.clear();
    }
    // One that sets the mode says all about devices; where none does, each adds to the usual list.
    if (!sets_mode(used) && !sets_mode(other)) {
        used.insert(used.begin(), defaults.begin(), defaults.end());
        if (!other.empty()) other.insert(other.begin(), defaults.begin(), defaults.end());
    }
    return plan;
}

std::vector<DeviceRule> default_device_rules() {
    std::vector<DeviceRule> rules = {{.allow = false}};
    const auto allow = [&](std::string_view text) { rules.push_back(parse_device_rule(true, text)); };
    for (const char* device : {"1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:1", "5:2", "136:*"}) {
        allow(fmt::format("c {} rwm", device));
    }
    return rules;
}

} // namespace lxcpp
