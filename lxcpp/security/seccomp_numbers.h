// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "security/seccomp_policy.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace lxcpp {

// How older 32-bit ABIs make calls about sockets and System V IPC: one call whose first argument says
// which is meant, and whose others are in memory where no filter sees them.
struct SeccompMultiplexer {
    std::uint32_t number = 0;
    std::uint32_t mask = 0; // of the first argument
    std::uint32_t subcall = 0;
    auto operator<=>(const SeccompMultiplexer&) const = default;
};

struct SeccompNumbers {
    std::optional<std::uint32_t> own;
    std::optional<SeccompMultiplexer> through;
    auto operator<=>(const SeccompNumbers&) const = default;
};

// How arch makes the call: neither way when it lacks it. The name may be a number of the native
// architecture. nullopt: unknown on every architecture.
[[nodiscard]] std::optional<SeccompNumbers> seccomp_numbers(const std::string& name, SeccompArch arch);

} // namespace lxcpp
