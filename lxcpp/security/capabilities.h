// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"

#include <cstdint>
#include <span>
#include <string>

namespace lxcpp {

// Bit n = capability n (base/kernel_names.h).
using CapabilityMask = std::uint64_t;

// Throws Error "lxc.cap.drop: unknown capability 'x'".
[[nodiscard]] CapabilityMask capability_mask(std::span<const std::string> names, const std::string& key);

// The bounding set of the payload: keep when it is set, else defaults without drop; never more than
// the kernel's 0..last_capability. Throws Error for an unknown name, and when both are set.
[[nodiscard]] CapabilityMask bounding_set(const Capabilities& wish, CapabilityMask defaults,
                                          int last_capability);

// What a payload gets that asks for nothing: all but those that act on the host's kernel and
// hardware; without a user namespace less, because nothing else confines them then.
[[nodiscard]] CapabilityMask default_capabilities(bool user_namespace) noexcept;

// "chown dac_override"; numbers without a name as such.
[[nodiscard]] std::string print_capabilities(CapabilityMask mask);

} // namespace lxcpp
