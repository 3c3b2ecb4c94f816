// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cgroup/devices.h"

#include <filesystem>
#include <linux/bpf.h>
#include <span>
#include <vector>

namespace lxcpp {

// A BPF_PROG_TYPE_CGROUP_DEVICE program that decides as device_allowed() does.
[[nodiscard]] std::vector<bpf_insn> compile_device_program(const DevicePolicy& policy);

// Loads the program for the rules and attaches it to the v2 group among payload_dirs; it stays until
// the group goes. A program that was attached there before is replaced without a gap. Throws Error
// when there is no v2 group, SystemError when the kernel refuses.
void apply_device_rules_v2(std::span<const std::filesystem::path> payload_dirs,
                           std::span<const DeviceRule> rules);

} // namespace lxcpp
