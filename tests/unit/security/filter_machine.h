// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <span>
#include <stdexcept>
#include <vector>

namespace lxcpp::test {

inline std::vector<sock_filter> filter_of(std::span<const std::uint8_t> bytes) {
    if (bytes.size() % sizeof(sock_filter) != 0) throw std::runtime_error("not an array of instructions");
    std::vector<sock_filter> filter(bytes.size() / sizeof(sock_filter));
    std::memcpy(filter.data(), bytes.data(), bytes.size());
    return filter;
}

// Runs a seccomp filter as the kernel does; the result is SECCOMP_RET_*.
inline std::uint32_t run_filter(std::span<const sock_filter> filter, const seccomp_data& data) {
    std::uint32_t a = 0;
    for (std::size_t pc = 0; pc < filter.size(); ++pc) {
        const sock_filter& i = filter[pc];
        const auto branch = [&](bool yes) { pc += yes ? i.jt : i.jf; };
        switch (i.code) {
        case BPF_LD | BPF_W | BPF_ABS:
            if (i.k % 4 != 0 || i.k >= sizeof data) throw std::runtime_error("bad load");
            std::memcpy(&a, reinterpret_cast<const std::uint8_t*>(&data) + i.k, sizeof a);
            break;
        case BPF_ALU | BPF_AND | BPF_K: a &= i.k; break;
        case BPF_JMP | BPF_JA: pc += i.k; break;
        case BPF_JMP | BPF_JEQ | BPF_K: branch(a == i.k); break;
        case BPF_JMP | BPF_JGT | BPF_K: branch(a > i.k); break;
        case BPF_JMP | BPF_JGE | BPF_K: branch(a >= i.k); break;
        case BPF_JMP | BPF_JSET | BPF_K: branch((a & i.k) != 0); break;
        case BPF_RET | BPF_K: return i.k;
        default: throw std::runtime_error("instruction that a filter does not need");
        }
    }
    throw std::runtime_error("ran off the end");
}

struct Call {
    std::uint32_t arch = AUDIT_ARCH_X86_64;
    int number = 0;
    std::array<std::uint64_t, 6> arguments{};
};

inline std::uint32_t verdict(std::span<const sock_filter> filter, const Call& call) {
    seccomp_data data{};
    data.arch = call.arch;
    data.nr = call.number;
    std::memcpy(data.args, call.arguments.data(), sizeof data.args);
    return run_filter(filter, data);
}

inline std::uint32_t verdict(std::span<const std::uint8_t> bpf, const Call& call) { return verdict(filter_of(bpf), call); }

} // namespace lxcpp::test
