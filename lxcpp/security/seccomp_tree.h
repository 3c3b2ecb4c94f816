// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <linux/filter.h>
#include <map>
#include <span>
#include <vector>

// Filters of our own making: neighbouring numbers with one verdict are one leaf of a binary tree, so
// that an allow-list of 350 calls has fewer instructions than calls. Each costs time at every start.
namespace lxcpp {

// (the lower 32 bits of an argument & mask) == value
struct SeccompTest {
    unsigned argument = 0;
    std::uint32_t mask = 0;
    std::uint32_t value = 0;
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
    bool has_x32 = false;    // numbers from 0x40000000 are another ABI's: killed
    std::map<std::uint32_t, SeccompCases> calls;
};

// otherwise is for numbers without cases, and after the last case of one. Other ABIs are killed.
[[nodiscard]] std::vector<sock_filter> compile_tree(std::span<const SeccompAbi> abis, std::uint32_t otherwise);

} // namespace lxcpp
