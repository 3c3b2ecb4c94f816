// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <linux/seccomp.h>
#include <optional>
#include <span>

namespace lxcpp {

// What a filter, an array of struct sock_filter, answers to a call: SECCOMP_RET_*. nullopt when it has
// instructions that compile_bpf() does not make.
[[nodiscard]] std::optional<std::uint32_t> run_seccomp(std::span<const std::uint8_t> bpf, const seccomp_data& call);

} // namespace lxcpp
