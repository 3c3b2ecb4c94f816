// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_run.h"

#include <cstddef>
#include <cstring>
#include <linux/filter.h>

namespace lxcpp {
namespace {

sock_filter instruction(std::span<const std::uint8_t> bpf, std::size_t number) {
    sock_filter result;
    std::memcpy(&result, bpf.data() + number * sizeof result, sizeof result);
    return result;
}

std::optional<bool> compare(const sock_filter& jump, std::uint32_t value) {
    switch (jump.code) {
    case BPF_JMP | BPF_JEQ | BPF_K: return value == jump.k;
    case BPF_JMP | BPF_JGT | BPF_K: return value > jump.k;
    case BPF_JMP | BPF_JGE | BPF_K: return value >= jump.k;
    default: return std::nullopt;
    }
}

} // namespace

std::optional<std::uint32_t> run_seccomp(std::span<const std::uint8_t> bpf, const seccomp_data& call) {
    std::uint32_t value = 0;
    for (std::size_t at = 0; at < bpf.size() / sizeof(sock_filter); ++at) {
        const sock_filter one = instruction(bpf, at);
        if (one.code == (BPF_RET | BPF_K)) return one.k;
        if (one.code == (BPF_LD | BPF_W | BPF_ABS)) {
            if (one.k > sizeof call - sizeof value) return std::nullopt;
            std::memcpy(&value, reinterpret_cast<const std::uint8_t*>(&call) + one.k, sizeof value);
        } else if (one.code == (BPF_ALU | BPF_AND | BPF_K)) {
            value &= one.k;
        } else if (one.code == (BPF_JMP | BPF_JA)) {
            at += one.k;
        } else if (const auto holds = compare(one, value)) {
            at += *holds ? one.jt : one.jf;
        } else {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

} // namespace lxcpp
