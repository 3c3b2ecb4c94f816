// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_bpf.h"
#include "security/seccomp_profile.h"
#include "security/seccomp_run.h"
#include "unit/security/filter_machine.h"

#include <gtest/gtest.h>

#include <random>

namespace lxcpp {
namespace {

std::vector<std::uint8_t> bytes_of(const std::vector<sock_filter>& code) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(code.data());
    return {first, first + code.size() * sizeof(sock_filter)};
}

TEST(SeccompRun, AnswersAsTheKernelDoes) {
    std::mt19937 random(1);
    const SeccompPolicy policy = parse_seccomp_profile("2\nallowlist errno 38\nread\nioctl errno 1 [1,5,&=,7]\nioctl allow [0,9,<]\n"
                                                       "clone kill [0,0x100000000,>=]\nwrite allow [2,3,!=]\n", "p");
    const auto bpf = compile_bpf(policy, std::vector{SeccompArch::X86_64, SeccompArch::X86, SeccompArch::X32}).bpf;
    for (int i = 0; i < 5000; ++i) {
        test::Call call{i % 3 == 0 ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64, static_cast<int>(random() % 60), {}};
        seccomp_data data{.nr = call.number, .arch = call.arch};
        for (std::size_t k = 0; k < 6; ++k) data.args[k] = call.arguments[k] = random() % 12 | std::uint64_t{random() % 2} << 32;
        EXPECT_EQ(run_seccomp(bpf, data), test::verdict(bpf, call)) << call.number;
    }
}

TEST(SeccompRun, HasNoAnswerForWhatItDoesNotKnow) {
    const seccomp_data call{};
    EXPECT_EQ(run_seccomp({}, call), std::nullopt);
    EXPECT_EQ(run_seccomp(bytes_of({{BPF_RET | BPF_A, 0, 0, 0}}), call), std::nullopt);
    EXPECT_EQ(run_seccomp(bytes_of({{BPF_LD | BPF_W | BPF_ABS, 0, 0, 64}}), call), std::nullopt);
    EXPECT_EQ(run_seccomp(bytes_of({{BPF_JMP | BPF_JA, 0, 0, 1000}}), call), std::nullopt);
}

} // namespace
} // namespace lxcpp
