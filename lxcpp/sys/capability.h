// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <sys/types.h>

// capabilities(7) without libcap. Names are in base/kernel_names.h.
namespace lxcpp::sys {

using CapMask = std::uint64_t; // bit n = capability n

[[nodiscard]] constexpr CapMask cap_bit(int capability) noexcept {
    return CapMask{1} << capability;
}

struct CapSets {
    CapMask effective = 0;
    CapMask permitted = 0;
    CapMask inheritable = 0;
    bool operator==(const CapSets&) const = default;
};

[[nodiscard]] int last_capability();      // of the running kernel
[[nodiscard]] CapMask all_capabilities(); // every one that the running kernel knows
[[nodiscard]] CapSets
capabilities(pid_t pid = 0);                // 0 = ourselves; SystemError ESRCH when it is gone
void set_capabilities(const CapSets& sets); // of ourselves
[[nodiscard]] bool has_capability(int capability); // in our effective set

[[nodiscard]] CapMask bounding_set();
void limit_bounding_set(CapMask keep); // drops all others; needs CAP_SETPCAP when there are any
// Exactly these; each must be permitted and inheritable.
void set_ambient(CapMask ambient);

} // namespace lxcpp::sys
