// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// The system calls that a container may make, as words: a name, or name=NUMBER for calls that are
// younger than libseccomp 2.5.4 and have one number everywhere. What an ABI lacks is left out.
namespace lxcpp {

inline constexpr std::string_view kAllowedCalls[] = {
    // Files by name
    "access chdir chmod chown chown32 creat execve execveat faccessat faccessat2 fchmodat fchmodat2=452 "
    "fchownat fstatat64 getcwd getxattr getxattrat=464 lchown lchown32 lgetxattr link linkat listxattr "
    "listxattrat=465 llistxattr lremovexattr lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat "
    "name_to_handle_at newfstatat open openat openat2 readlink readlinkat removexattr removexattrat=466 "
    "rename renameat renameat2 rmdir setxattr setxattrat=463 stat stat64 statfs statfs64 statx symlink "
    "symlinkat truncate truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes futimesat "
    "file_getattr=468 file_setattr=469 oldstat oldlstat",
    // Files by descriptor
    "_llseek cachestat=451 close close_range copy_file_range dup dup2 dup3 fadvise64 fadvise64_64 "
    "arm_fadvise64_64 fallocate fchdir fchmod fchown fchown32 fcntl fcntl64 fdatasync fgetxattr flistxattr "
    "flock fremovexattr fsetxattr fstat fstat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 getdents "
    "getdents64 lseek oldfstat pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead "
    "readdir readv sendfile sendfile64 splice sync sync_file_range sync_file_range2 arm_sync_file_range "
    "syncfs tee vmsplice write writev",
    // Waiting for them
    "_newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait "
    "epoll_wait_old eventfd eventfd2 inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel "
    "io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit poll ppoll ppoll_time64 "
    "pselect6 pselect6_time64 select signalfd signalfd4",
    // Memory
    "brk get_mempolicy madvise map_shadow_stack=453 mbind membarrier memfd_create mincore mlock mlock2 "
    "mlockall mmap mmap2 mprotect mremap mseal=462 msync munlock munlockall munmap pkey_alloc pkey_free "
    "pkey_mprotect process_madvise process_mrelease remap_file_pages riscv_flush_icache s390_pci_mmio_read "
    "s390_pci_mmio_write set_mempolicy set_mempolicy_home_node cacheflush",
    // Processes and threads
    "arch_prctl breakpoint exit exit_group fork futex futex_requeue=456 futex_time64 futex_wait=455 "
    "futex_waitv futex_wake=454 get_robust_list get_thread_area get_tls getpgid getpgrp getpid getppid "
    "getsid gettid kcmp kill personality pidfd_getfd pidfd_open pidfd_send_signal prctl prlimit64 "
    "process_vm_readv process_vm_writev ptrace restart_syscall rseq seccomp set_robust_list "
    "set_thread_area set_tid_address set_tls setpgid setsid swapcontext tgkill tkill vfork wait4 waitid "
    "waitpid getrlimit setrlimit ugetrlimit getrusage times getcpu getpriority setpriority ioprio_get "
    "ioprio_set nice sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr "
    "sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 "
    "sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield",
    // Ids, capabilities, sandboxes of the payload's own
    "capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid "
    "getresgid32 getresuid getresuid32 getuid getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid "
    "setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid setresuid32 "
    "setreuid setreuid32 setuid setuid32 landlock_add_rule landlock_create_ruleset landlock_restrict_self "
    "lsm_get_self_attr=459 lsm_list_modules=461",
    // Signals
    "pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
    "rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sgetmask sigaction sigaltstack signal "
    "sigpending sigprocmask sigreturn sigsuspend ssetmask",
    // Time; setting the clock is elsewhere
    "adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
    "clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time "
    "timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 "
    "timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64",
    // Sockets, once there is one
    "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg "
    "recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown",
    // IPC
    "mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
    "mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop "
    "semtimedop_time64 shmat shmctl shmdt shmget",
    // The machine as the container sees it
    "getrandom olduname oldolduname reboot setdomainname sethostname sysinfo uname vhangup",
    // Mounts and namespaces: a system container arranges its own
    "chroot fsconfig fsmount fsopen fspick listmount=458 mount mount_setattr move_mount open_tree "
    "open_tree_attr=467 pivot_root setns statmount=457 umount",
};

// Of 32-bit ABIs alone. They carry their arguments in memory, where no filter sees them.
inline constexpr std::string_view kMultiplexers = "ipc socketcall";

// Refused by name: what they are for is the host's, and a program shall hear that it may not.
inline constexpr std::string_view kRefusedCalls[] = {
    // The kernel itself
    "kexec_load kexec_file_load create_module init_module finit_module delete_module get_kernel_syms "
    "query_module bpf perf_event_open syslog lookup_dcookie nfsservctl",
    // Past the root directory
    "open_by_handle_at",
    // Wide kernel interfaces with a record of bugs
    "io_uring_setup io_uring_enter io_uring_register userfaultfd",
    // Hardware and modes of the processor
    "ioperm iopl modify_ldt pciconfig_iobase pciconfig_read pciconfig_write vm86 vm86old",
    // The host's clock, swap, quota and accounting
    "clock_settime clock_settime64 settimeofday stime swapon swapoff quotactl quotactl_fd acct",
};

// Keys are not divided by namespaces; a kernel without them is known to every program.
inline constexpr std::string_view kKeyCalls = "add_key keyctl request_key";

} // namespace lxcpp
