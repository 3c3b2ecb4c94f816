// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <linux/bpf.h>
#include <span>
#include <stdexcept>

namespace lxcpp::test {

// Runs the part of eBPF that a device program needs; anything else is an error. r1 = the request.
inline std::uint64_t run_device_program(std::span<const bpf_insn> program, const bpf_cgroup_dev_ctx& request) {
    std::array<std::uint64_t, 11> r{};
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&request);
    bool context = true; // r1 points to it
    for (std::size_t pc = 0; pc < program.size(); ++pc) {
        const bpf_insn& i = program[pc];
        const auto imm = static_cast<std::uint64_t>(static_cast<std::int64_t>(i.imm));
        switch (i.code) {
        case BPF_LDX | BPF_W | BPF_MEM: {
            if (!context || i.src_reg != 1 || i.off < 0 || i.off > 8) throw std::runtime_error("bad load");
            std::uint32_t value = 0;
            std::memcpy(&value, bytes + i.off, sizeof value);
            r.at(i.dst_reg) = value;
            break;
        }
        case BPF_ALU | BPF_MOV | BPF_X:
            if (i.dst_reg == 1) context = false;
            r.at(i.dst_reg) = static_cast<std::uint32_t>(r.at(i.src_reg));
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            r.at(i.dst_reg) = static_cast<std::uint32_t>(r.at(i.dst_reg) & imm);
            break;
        case BPF_ALU | BPF_RSH | BPF_K:
            r.at(i.dst_reg) = static_cast<std::uint32_t>(r.at(i.dst_reg)) >> i.imm;
            break;
        case BPF_ALU64 | BPF_MOV | BPF_K: r.at(i.dst_reg) = imm; break;
        case BPF_JMP | BPF_JNE | BPF_K:
            if (r.at(i.dst_reg) != imm) pc += static_cast<std::size_t>(i.off);
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            if (r.at(i.dst_reg) == imm) pc += static_cast<std::size_t>(i.off);
            break;
        case BPF_JMP | BPF_EXIT: return r[0];
        default: throw std::runtime_error("instruction that a device program does not need");
        }
    }
    throw std::runtime_error("ran off the end");
}

} // namespace lxcpp::test
