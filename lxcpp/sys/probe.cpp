// SPDX-License-Identifier: Apache-2.0
#include "sys/probe.h"

#include "base/fd.h"
#include "sys/bpf.h"
#include "sys/clone.h"
#include "sys/pidfd.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467 // the same number on every architecture
#endif

namespace lxcpp::sys {
namespace {

constexpr long kBad = -1;           // no descriptor, no pointer
constexpr long kBadFlags = 1 << 30; // unknown to all of these calls

int refused(long number, long a, long b, long c, long d, long e) noexcept {
    const long result = ::syscall(number, a, b, c, d, e);
    if (result >= 0) return 0;
    // Everything else is the answer to nonsense, and so a proof that somebody looked at it.
    return errno == ENOSYS || errno == EPERM ? -errno : 0;
}

} // namespace

int probe_call(Call call) noexcept {
    switch (call) {
    case Call::Openat2:
        return refused(SYS_openat2, kBad, 0, 0, 0, 0);
    case Call::Clone3:
        return refused(SYS_clone3, 0, 0, 0, 0, 0);
    case Call::PidfdOpen:
        return refused(SYS_pidfd_open, kBad, kBadFlags, 0, 0, 0);
    case Call::PidfdSendSignal:
        return refused(SYS_pidfd_send_signal, kBad, 0, 0, 0, 0);
    case Call::OpenTree:
        return refused(SYS_open_tree, kBad, 0, kBadFlags, 0, 0);
    case Call::Fsopen:
        return refused(SYS_fsopen, 0, kBadFlags, 0, 0, 0);
    case Call::MoveMount:
        return refused(SYS_move_mount, kBad, 0, kBad, 0, kBadFlags);
    case Call::MountSetattr:
        return refused(SYS_mount_setattr, kBad, 0, kBadFlags, 0, 0);
    case Call::OpenTreeAttr:
        return refused(SYS_open_tree_attr, kBad, 0, kBadFlags, 0, 0);
    case Call::Renameat2:
        return refused(SYS_renameat2, kBad, 0, kBad, 0, kBadFlags);
    case Call::CloseRange:
        return refused(SYS_close_range, 1, 0, 0, 0, 0); // ends before it begins
    case Call::Keyctl:
        return refused(SYS_keyctl, INT_MAX, 0, 0, 0, 0);
    case Call::NameToHandleAt:
        return refused(SYS_name_to_handle_at, kBad, 0, 0, 0, kBadFlags);
    case Call::Kcmp:
        return refused(SYS_kcmp, ::getpid(), ::getpid(), INT_MAX, 0, 0);
    }
    return -ENOSYS;
}

int probe_file_system(const char* type) noexcept {
    const Fd context(static_cast<int>(::syscall(SYS_fsopen, type, 1 /* FSOPEN_CLOEXEC */)));
    return context.valid() ? 0 : -errno;
}

int probe_mountable(const char* type) noexcept {
    const Fd context(static_cast<int>(::syscall(SYS_fsopen, type, 1 /* FSOPEN_CLOEXEC */)));
    if (!context.valid()) return -errno;
    constexpr int kCreate = 6; // FSCONFIG_CMD_CREATE
    // Rights are looked at before what is missing of the options.
    const bool made = ::syscall(SYS_fsconfig, context.raw(), kCreate, nullptr, nullptr, 0) == 0;
    return !made && errno == EPERM ? -EPERM : 0;
}

int landlock_version() noexcept {
    constexpr unsigned kAskVersion = 1; // LANDLOCK_CREATE_RULESET_VERSION
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion);
    return version < 0 ? 0 : static_cast<int>(version);
}

int probe_seccomp_filter() noexcept {
    // The program's address is read only when filters exist at all: EFAULT is the good answer.
    const int result = ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr, 0, 0);
    return result < 0 && errno == EFAULT ? 0 : -errno;
}

int probe_seccomp_notify() noexcept {
    const std::uint32_t action = SECCOMP_RET_USER_NOTIF;
    const long result = ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
    return result == 0 ? 0 : -errno;
}

int probe_clone_into_cgroup() noexcept {
    // "/" is no cgroup: a kernel that looks says EBADF, an older one does not know the field.
    const Fd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root.valid()) return -errno;
    int pidfd = -1;
    const pid_t pid = try_clone_process({.into_cgroup = root}, pidfd);
    if (pid == 0) ::_exit(0); // cannot happen
    return pid == -EBADF ? 0 : pid;
}

int probe_pidfd_exit_info() noexcept {
    try {
        const Cloned child = clone_process({});
        if (child.pid == 0) ::_exit(7);
        const ExitStatus status = reap(child.pidfd);
        return exit_info(child.pidfd) == status ? 0 : -ENOSYS;
    } catch (const SystemError& error) {
        return -error.code();
    }
}

int probe_device_program() noexcept {
    bpf_insn allow[2]{}; // r0 = 1; exit
    allow[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
    allow[0].imm = 1;
    allow[1].code = BPF_JMP | BPF_EXIT;
    try {
        static_cast<void>(load_device_program(allow));
        return 0;
    } catch (const SystemError& error) {
        return -error.code();
    }
}

} // namespace lxcpp::sys
