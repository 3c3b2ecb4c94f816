// SPDX-License-Identifier: Apache-2.0
// The kernel's mountinfo and cgroup files as they say where our groups are; rules for devices.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "cgroup/devices.h"
#include "host/cgroup_layout.h"

#include <algorithm>
#include <array>

namespace lxcpp::fuzz {
namespace {

// Below its mount, never above it.
void check_path(const std::string& path) {
    FUZZ_CHECK_WITH(path.empty() || path.front() == '/', path);
    FUZZ_CHECK_WITH(path != "/.." && !path.starts_with("/../"), path);
}

void check_layout(const CgroupLayout& layout) {
    for (std::size_t i = 0; i < layout.list.size(); ++i) {
        const Hierarchy& hierarchy = layout.list[i];
        FUZZ_CHECK(hierarchy.version == 1 || hierarchy.version == 2);
        FUZZ_CHECK(!hierarchy.mountpoint.empty() && !hierarchy.writable);
        FUZZ_CHECK(hierarchy.controllers.empty() == (hierarchy.version == 2));
        check_path(hierarchy.own_path);
        check_path(hierarchy.init_path);
        for (std::size_t k = 0; k < i; ++k) {
            FUZZ_CHECK(layout.list[k].version != hierarchy.version || layout.list[k].controllers != hierarchy.controllers);
        }
        for (const std::string& controller : hierarchy.controllers) FUZZ_CHECK(layout.with(controller) != nullptr);
    }
    FUZZ_CHECK(!layout.unified_only() || layout.unified() != nullptr);
}

bool concerns(const DeviceRule& rule, DeviceType type, std::uint32_t major, std::uint32_t minor) {
    if (rule.type == DeviceType::All) return true;
    return rule.type == type && rule.major.value_or(major) == major && rule.minor.value_or(minor) == minor;
}

// What follows from the rules whatever their order means.
void check_device(const std::vector<DeviceRule>& rules, const DevicePolicy& policy, DeviceType type,
                  std::uint32_t major, std::uint32_t minor) {
    for (const unsigned access : {kDeviceRead, kDeviceWrite, kDeviceMknod, kDeviceAnyAccess}) {
        const bool allowed = device_allowed(policy, type, major, minor, access);
        const auto says = [&](bool allow) {
            return std::ranges::any_of(rules, [&](const DeviceRule& rule) {
                return rule.allow == allow && concerns(rule, type, major, minor) &&
                       (rule.type == DeviceType::All || (rule.access & access) != 0);
            });
        };
        if (allowed) FUZZ_CHECK(says(true));
        if (!says(true)) FUZZ_CHECK(!allowed);
        // Nothing denies it and a list that allows all is there.
        if (policy.allow_by_default && !says(false)) FUZZ_CHECK(allowed);
    }
}

void check_rules(const std::vector<DeviceRule>& rules) {
    const DevicePolicy policy = reduce_device_rules(rules);
    FUZZ_CHECK(policy.exceptions.size() <= rules.size());
    for (const DeviceRule& exception : policy.exceptions) {
        FUZZ_CHECK(exception.allow != policy.allow_by_default && exception.type != DeviceType::All);
        FUZZ_CHECK(exception.access != 0 && (exception.access & ~kDeviceAnyAccess) == 0);
    }
    for (const DeviceRule& rule : rules) {
        const std::uint32_t major = rule.major.value_or(1);
        const std::uint32_t minor = rule.minor.value_or(3);
        for (const DeviceType type : {DeviceType::Block, DeviceType::Char}) {
            check_device(rules, policy, type, major, minor);
            check_device(rules, policy, type, major, minor + 1);
        }
    }
}

std::vector<DeviceRule> read_rules(std::string_view text) {
    std::vector<DeviceRule> rules;
    for (const auto line : split_lines(text)) {
        const bool allow = line.starts_with('+');
        const auto rule = accepted([&] { return parse_device_rule(allow, line.substr(std::min<std::size_t>(1, line.size()))); });
        if (!rule) continue;
        FUZZ_CHECK_WITH(parse_device_rule(allow, print_device_rule(*rule)) == *rule, line);
        FUZZ_CHECK(rule->major.value_or(0) <= 0xfff && rule->minor.value_or(0) <= 0xfffff);
        rules.push_back(*rule);
    }
    return rules;
}

} // namespace

// mountinfo | our cgroups | those of process 1 | device rules ("+c 1:3 rwm", "-a"), parted by lines of "%".
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    const auto mountinfo = input.until("%\n");
    const auto own = input.until("%\n");
    const auto init = input.until("%\n");
    const CgroupLayout layout = parse_cgroup_layout(mountinfo, own, init);
    check_layout(layout);
    FUZZ_CHECK(layout.list.size() <= split_lines(mountinfo).size());
    check_rules(read_rules(input.rest()));
}

std::vector<std::string> made_seeds() { return {}; }

} // namespace lxcpp::fuzz
