// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <linux/bpf.h>
#include <span>
#include <vector>

// bpf(2) for the one program type that we use: device access of a v2 cgroup.
namespace lxcpp::sys {

[[nodiscard]] Fd load_device_program(std::span<const bpf_insn> program);
// Programs attached to exactly this group.
[[nodiscard]] std::vector<Fd> device_programs(FdRef cgroup);
// All attached programs must agree to an access.
void attach_device_program(FdRef cgroup, FdRef program);
void detach_device_program(FdRef cgroup, FdRef program);

} // namespace lxcpp::sys
