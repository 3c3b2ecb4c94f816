// SPDX-License-Identifier: Apache-2.0
// The system calls that a kernel may lack.
#pragma once
#include <sys/syscall.h>

static const struct {
    const char* name;
    long number;
} lacking[] = {
    {"clone3", SYS_clone3},
    {"openat2", SYS_openat2},
    {"mount_setattr", SYS_mount_setattr},
    {"open_tree", SYS_open_tree},
    {"fsopen", SYS_fsopen},
    {"fsconfig", SYS_fsconfig},
    {"fsmount", SYS_fsmount},
    {"move_mount", SYS_move_mount},
    {"pidfd_open", SYS_pidfd_open},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
    {"close_range", SYS_close_range},
    {"memfd_create", SYS_memfd_create},
    {"seccomp", SYS_seccomp},
    {"prctl", SYS_prctl},
    {"renameat2", SYS_renameat2},
    {"waitid", SYS_waitid},
    {"unshare", SYS_unshare},
    {"setns", SYS_setns},
    {"statx", SYS_statx},
    {"faccessat2", SYS_faccessat2},
    {"bpf", SYS_bpf},
    {"execveat", SYS_execveat},
};
