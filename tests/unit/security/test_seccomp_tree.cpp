// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_tree.h"
#include "unit/security/filter_machine.h"

#include <gtest/gtest.h>

#include <random>

namespace lxcpp {
namespace {

constexpr std::uint32_t kArch = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kOther = AUDIT_ARCH_I386;
constexpr std::uint32_t kRest = SECCOMP_RET_ERRNO | 38;

std::uint32_t ask(const std::vector<sock_filter>& filter, std::uint32_t arch, std::uint32_t number,
                  std::array<std::uint64_t, 6> arguments = {}) {
    seccomp_data data{};
    data.arch = arch;
    data.nr = static_cast<int>(number);
    std::memcpy(data.args, arguments.data(), sizeof data.args);
    return test::run_filter(filter, data);
}

// What the cases say, without a tree.
std::uint32_t expected(const SeccompAbi& abi, std::uint32_t number, const std::array<std::uint64_t, 6>& arguments) {
    const auto row = abi.calls.find(number);
    if (row == abi.calls.end()) return kRest;
    for (const SeccompCase& one : row->second) {
        bool holds = true;
        for (const SeccompTest& test : one.tests) {
            if ((static_cast<std::uint32_t>(arguments[test.argument]) & test.mask) != test.value) holds = false;
        }
        if (holds) return one.result;
    }
    return kRest;
}

TEST(SeccompTree, AnEmptyListGivesTheRest) {
    const auto filter = compile_tree(std::vector{SeccompAbi{.token = kArch}}, kRest);
    for (const std::uint32_t number : {0u, 1u, 400u, 0x7fffffffu, 0xfffffffeu}) EXPECT_EQ(ask(filter, kArch, number), kRest);
    EXPECT_EQ(ask(filter, kArch, 0xffffffff), SECCOMP_RET_ALLOW);
    EXPECT_EQ(ask(filter, kOther, 0), SECCOMP_RET_KILL_PROCESS);
    EXPECT_EQ(ask(compile_tree({}, kRest), kArch, 0), SECCOMP_RET_KILL_PROCESS);
}

TEST(SeccompTree, TheFirstCaseThatHoldsDecides) {
    SeccompAbi abi{.token = kArch, .kills_x32 = true};
    abi.calls[7] = {{{{1, 0xffffffff, 5}, {2, 8, 8}}, 1}, {{{1, 0xffffffff, 5}}, 2}, {{{0, 1, 1}}, 3}};
    abi.calls[8] = {{{}, 4}, {{{0, 1, 1}}, 5}}; // nothing comes after one without tests
    const auto filter = compile_tree(std::vector{abi}, kRest);
    EXPECT_EQ(ask(filter, kArch, 7, {1, 5, 8 | 1}), 1u);
    EXPECT_EQ(ask(filter, kArch, 7, {1, 5, 1}), 2u);
    EXPECT_EQ(ask(filter, kArch, 7, {3, 6, 8}), 3u);
    EXPECT_EQ(ask(filter, kArch, 7, {2, 6, 8}), kRest);
    EXPECT_EQ(ask(filter, kArch, 7, {1, 5ull | 1ull << 40, 0}), 2u); // an int is the lower half
    EXPECT_EQ(ask(filter, kArch, 8, {1}), 4u);
    EXPECT_EQ(ask(filter, kArch, 0x40000000), SECCOMP_RET_KILL_PROCESS);
    EXPECT_EQ(ask(filter, kArch, 0x3fffffff), kRest);
}

// Far branches do not fit the 8 bits of a conditional jump.
TEST(SeccompTree, LongListsForTwoAbisAgreeWithTheirCases) {
    std::mt19937 random(1);
    const auto below = [&random](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
    for (int round = 0; round < 20; ++round) {
        std::vector<SeccompAbi> abis{{.token = kArch, .kills_x32 = true}, {.token = kOther}};
        for (SeccompAbi& abi : abis) {
            for (std::uint32_t count = below(450); count > 0; --count) {
                SeccompCases& cases = abi.calls[below(700)];
                cases.push_back({{}, below(3)});
                if (below(3) == 0) cases.back().tests.push_back({below(6), 0xffffffff, below(3)});
                if (below(3) == 0) cases.back().tests.push_back({below(6), 1u << below(3), 1u << below(3)});
            }
        }
        const auto filter = compile_tree(abis, kRest);
        ASSERT_LT(filter.size(), 4096u); // the kernel's limit
        for (const SeccompAbi& abi : abis) {
            for (std::uint32_t number = 0; number < 702; ++number) {
                std::array<std::uint64_t, 6> arguments;
                for (auto& argument : arguments) argument = below(4) | std::uint64_t{below(2)} << 32;
                EXPECT_EQ(ask(filter, abi.token, number, arguments), expected(abi, number, arguments)) << number;
            }
        }
    }
}

} // namespace
} // namespace lxcpp
