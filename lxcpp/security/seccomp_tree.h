// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "security/seccomp_policy.h"

#include <cstdint>
#include <linux/filter.h>
#include <map>
#include <span>
#include <vector>

// Filters of our own making: neighbouring numbers with one verdict are one leaf of a binary tree, so
// that an allow-list of 350 calls has fewer instructions than calls. Each costs time at every start.
namespace lxcpp {

// (argument & mask) OP value, without a sign; of the lower 32 bits alone if it is not wide.
struct SeccompTest {
    unsigned argument = 0;
    std::uint64_t mask = 0;
    std::uint64_t value = 0;
    SeccompOp op = SeccompOp::Equal; // MaskedEqual is Equal here
    bool wide = false;
    bool operator==(const SeccompTest&) const = default;
};

struct SeccompCase {
    std::vector<SeccompTest> tests; // all must hold
    std::uint32_t result = 0;       // SECCOMP_RET_*
    bool operator==(const SeccompCase&) const = default;
};

using SeccompCases = std::vector<SeccompCase>; // the first that holds decides

struct SeccompAbi {
    std::uint32_t token = 0; // AUDIT_ARCH_*
    bool kills_x32 = false;  // numbers from kFirstX32 are another ABI's
    std::map<std::uint32_t, SeccompCases> calls;
};

inline constexpr std::uint32_t kFirstX32 = 0x40000000;

// otherwise is for numbers without cases, and after the last case of one. Other ABIs are killed. Throws
// Error when a case has very many tests.
[[nodiscard]] std::vector<sock_filter> compile_tree(std::span<const SeccompAbi> abis, std::uint32_t otherwise);

} // namespace lxcpp
