// SPDX-License-Identifier: Apache-2.0
#include "security/capabilities.h"

#include "base/kernel_names.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace lxcpp {
namespace {

// They act on the host's kernel, clock, audit log or hardware, or do nothing in a user namespace but
// make the payload believe that it may.
constexpr std::array<std::string_view, 15> kHostOnly = {
    "sys_module",    "sys_rawio",          "sys_time",   "syslog",     "mac_admin",
    "mac_override",  "audit_control",      "audit_read", "wake_alarm", "block_suspend",
    "bpf",           "checkpoint_restore", "perfmon",    "sys_pacct",  "linux_immutable"};

// Opens files by handle, past the container's root.
constexpr std::string_view kFileHandles = "dac_read_search";

CapabilityMask bit(int number) noexcept { return CapabilityMask{1} << number; }

CapabilityMask all_up_to(int last) noexcept {
    return last >= 63 ? ~CapabilityMask{0} : bit(last + 1) - 1;
}

CapabilityMask bit_of(std::string_view name) noexcept {
    const auto number = capability_number(name);
    return number ? bit(*number) : 0;
}

} // namespace

CapabilityMask capability_mask(std::span<const std::string> names, const std::string& key) {
    CapabilityMask mask = 0;
    for (const std::string& name : names) {
        const auto number = capability_number(name);
        if (!number) {
            throw Error(fmt::format("{}: unknown capability '{}' (names are lower case, without cap_; see "
                                    "capabilities(7))",
                                    key, printable(name)));
        }
        mask |= bit(*number);
    }
    return mask;
}

CapabilityMask bounding_set(const Capabilities& wish, CapabilityMask defaults, int last_capability) {
    const CapabilityMask known = all_up_to(last_capability);
    const CapabilityMask dropped = capability_mask(wish.drop, "lxc.cap.drop");
    if (!wish.keep) return defaults & ~dropped & known;
    if (!wish.drop.empty()) {
        throw Error("lxc.cap.keep and lxc.cap.drop exclude each other: remove one of them");
    }
    return capability_mask(*wish.keep, "lxc.cap.keep") & known;
}

CapabilityMask default_capabilities(bool user_namespace) noexcept {
    CapabilityMask mask = all_up_to(63);
    for (const std::string_view name : kHostOnly) mask &= ~bit_of(name);
    if (!user_namespace) mask &= ~bit_of(kFileHandles);
    return mask;
}

std::string print_capabilities(CapabilityMask mask) {
    std::string text;
    for (int number = 0; number < 64; ++number) {
        if ((mask & bit(number)) == 0) continue;
        const std::string_view name = capability_name(number);
        if (!text.empty()) text += ' ';
        text += name.empty() ? std::to_string(number) : std::string(name);
    }
    return text;
}

} // namespace lxcpp
