// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// Questions to the kernel about what it can do. Each is a call that is refused, or undone at once;
// results are 0 for "it can" or -errno.
namespace lxcpp::sys {

enum class Call {
    Openat2,
    Clone3,
    PidfdOpen,
    PidfdSendSignal,
    OpenTree,
    Fsopen,
    MoveMount,
    MountSetattr,
    OpenTreeAttr,
    CloseRange,
    Renameat2,
    Keyctl,
    NameToHandleAt,
    Kcmp,
};
// -ENOSYS: this kernel does not have it. -EPERM: a filter of ours forbids even to ask.
[[nodiscard]] int probe_call(Call call) noexcept;

[[nodiscard]] int probe_file_system(const char* type) noexcept; // -ENODEV: none of this name
// -EPERM: only root may mount it, and we are none.
[[nodiscard]] int probe_mountable(const char* type) noexcept;
[[nodiscard]] int landlock_version() noexcept;                  // 0: no Landlock
[[nodiscard]] int probe_seccomp_filter() noexcept;
[[nodiscard]] int probe_seccomp_notify() noexcept;
[[nodiscard]] int probe_clone_into_cgroup() noexcept;
[[nodiscard]] int probe_pidfd_exit_info() noexcept; // makes a child that ends at once
[[nodiscard]] int probe_device_program() noexcept;  // BPF_PROG_TYPE_CGROUP_DEVICE

// In the network namespace of the caller, which should be one of its own: the device is made.
// -EOPNOTSUPP: no such kind.
[[nodiscard]] int probe_link_kind(const char* kind) noexcept;
[[nodiscard]] int probe_nf_tables() noexcept;

} // namespace lxcpp::sys
