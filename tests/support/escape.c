// SPDX-License-Identifier: Apache-2.0
// Looks from inside a container for ways out of it: what introspection tools show and what known escapes begin
// with, tried without doing harm. Static. One line each: "open NAME DETAIL" for what works, "shut NAME ERRNO".
//   escape checks             the ways out
//   escape calls              the system calls, by number: reachable, refused (EPERM), absent (ENOSYS), killed
//   escape families           the socket families that give a socket
//   escape writable DIR…      files that can be opened for writing
//   escape identity           capabilities, filter, maps
//   escape watch FILE         until FILE is there: what new processes have of the host before they exec
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/keyctl.h>
#include <linux/reboot.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const char* const kScratch = "/escape-scratch";

static void tell(const char* name, long result, const char* detail) {
    if (result >= 0) printf("open %s %s\n", name, detail);
    else printf("shut %s %s\n", name, strerrorname_np(errno));
    fflush(stdout);
}

// In a child: it may be killed, or change what the next check needs.
static void isolated(const char* name, long (*check)(void)) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(10);
        tell(name, check(), "");
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status)) printf("shut %s SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
}

// ---- files of the kernel
static void check_write(const char* path) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    char name[256];
    snprintf(name, sizeof name, "write:%s", path);
    tell(name, fd, "");
    if (fd >= 0) close(fd);
}

static void check_read(const char* path) {
    char byte, name[256];
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    long got = fd < 0 ? -1 : read(fd, &byte, 1);
    if (got == 0) errno = ENODATA;
    snprintf(name, sizeof name, "read:%s", path);
    tell(name, got > 0 ? 0 : -1, "");
    if (fd >= 0) close(fd);
}

static const char* const kWrite[] = {
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug", "/proc/sys/kernel/sysrq",
    "/proc/sys/kernel/panic", "/proc/sys/vm/panic_on_oom", "/proc/sys/vm/drop_caches", "/proc/sys/fs/suid_dumpable",
    "/proc/sys/fs/binfmt_misc/register", "/proc/sysrq-trigger", "/proc/irq/default_smp_affinity", "/proc/acpi/wakeup",
    "/sys/kernel/uevent_helper", "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/power/state", "/sys/power/disk",
    "/sys/bus/pci/rescan", "/sys/firmware/efi/vars", "/sys/kernel/debug/sched/features", "/dev/mem", "/dev/kmem",
    "/dev/port", "/dev/kmsg", "/dev/loop-control", "/dev/loop0", "/dev/kvm", "/dev/vhost-vsock", "/dev/fuse",
    "/dev/mapper/control", "/dev/net/tun", "/dev/uinput",
};
static const char* const kRead[] = {
    "/proc/kcore", "/proc/kmsg", "/proc/kallsyms", "/proc/keys", "/proc/key-users", "/proc/timer_list", "/proc/interrupts",
    "/proc/slabinfo", "/proc/vmallocinfo", "/proc/pagetypeinfo", "/proc/sched_debug", "/proc/latency_stats",
    "/sys/firmware/dmi/tables/DMI", "/sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj", "/sys/kernel/vmcoreinfo",
    "/sys/kernel/security/lsm", "/sys/kernel/tracing/trace", "/dev/mem", "/dev/kmsg",
};

// ---- devices: makes a node and opens it
static void check_node(const char* what, mode_t type, unsigned major, unsigned minor) {
    char name[128];
    snprintf(name, sizeof name, "device:%s", what);
    unlink(kScratch);
    long result = mknod(kScratch, type | 0600, makedev(major, minor));
    if (result == 0) result = open(kScratch, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (result < 0 && (errno == ENXIO || errno == ENODEV)) printf("open %s %s\n", name, "allowed, though there is no such device");
    else tell(name, result, "");
    if (result > 0) close((int)result);
    unlink(kScratch);
}

// Every disk of the host: its node, and a mount of it.
static void check_disks(void) {
    FILE* file = fopen("/proc/partitions", "re");
    char line[256], disk[64], name[96];
    unsigned major, minor;
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%u %u %*u %63s", &major, &minor, disk) != 3) continue;
        check_node(disk, S_IFBLK, major, minor);
        (void)!mknod(kScratch, S_IFBLK | 0600, makedev(major, minor));
        long result = -1;
        for (const char* const* type = (const char* const[]){"ext4", "xfs", "btrfs", "vfat", NULL}; *type && result < 0; ++type)
            result = mount(kScratch, "/mnt", *type, MS_RDONLY, NULL);
        snprintf(name, sizeof name, "mount:%s", disk);
        tell(name, result, "");
        if (result == 0) umount2("/mnt", MNT_DETACH);
        unlink(kScratch);
    }
    if (file) fclose(file);
}

// ---- cgroups
static long release_agent(void) {
    static const char* const controllers[] = {"memory", "pids", "cpu", "devices", "freezer", "rdma", "misc", "net_cls", "name=x"};
    (void)!unshare(CLONE_NEWNS);
    for (size_t i = 0; i < sizeof controllers / sizeof *controllers; ++i) {
        if (mount("cgroup", "/mnt", "cgroup", 0, controllers[i]) != 0) continue;
        if (open("/mnt/release_agent", O_WRONLY | O_CLOEXEC) >= 0) return 0;
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP) == 0 && mount("cgroup", "/mnt", "cgroup", 0, "rdma") == 0 &&
        open("/mnt/release_agent", O_WRONLY | O_CLOEXEC) >= 0) return 0;
    if (errno == ENOENT) errno = EPERM;
    return -1;
}

static int agent_found(const char* path, const struct stat* info, int kind, struct FTW* where) {
    (void)info, (void)kind;
    return strcmp(path + where->base, "release_agent") == 0 && open(path, O_WRONLY | O_CLOEXEC) >= 0;
}
static long mounted_release_agent(void) {
    int found = nftw("/sys/fs/cgroup", agent_found, 16, FTW_PHYS);
    errno = EACCES;
    return found == 1 ? 0 : -1;
}

// ---- calls
static long user_namespace(void) { return unshare(CLONE_NEWUSER); }
static long user_namespace_by_clone(void) { return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0); }
static long user_namespace_by_clone3(void) {
    unsigned long long args[8] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    return syscall(SYS_clone3, args, sizeof args);
}
static long handle(void) {
    // Inode 2, the root of most file systems.
    struct { struct file_handle head; unsigned data[2]; } root = {{8, 1}, {2, 0}};
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return open_by_handle_at(fd, &root.head, O_RDONLY);
}
static long module_load(void) { return syscall(SYS_init_module, "", 0, ""); }
static long module_file(void) { return syscall(SYS_finit_module, open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "", 0); }
static long module_unload(void) {
    long result = syscall(SYS_delete_module, "no_such_module", O_NONBLOCK);
    return result < 0 && errno == ENOENT ? 0 : result; // it looked
}
static long kexec(void) { return syscall(SYS_kexec_load, 0, 0, NULL, 0); }
static long kexec_file(void) {
    long result = syscall(SYS_kexec_file_load, -1, -1, 0, "", 0);
    return result < 0 && errno == EBADF ? 0 : result;
}
static long bpf_map(void) {
    unsigned attributes[32] = {2 /* array */, 4, 4, 1};
    return syscall(SYS_bpf, 0, attributes, sizeof attributes);
}
static long perf(void) {
    unsigned attributes[32] = {1 /* software */, sizeof attributes};
    return syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0);
}
static long page_faults(void) { return syscall(SYS_userfaultfd, O_CLOEXEC); }
static long io_uring(void) {
    unsigned parameters[64] = {0};
    return syscall(SYS_io_uring_setup, 4, parameters);
}
static long keyring(void) { return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3, 1, 0, 0); }
static long add_key(void) { return syscall(SYS_add_key, "user", "escape", "x", 1, -3); }
static long log_read(void) { char text[64]; return syscall(SYS_syslog, 3, text, sizeof text); }
static long io_ports(void) { return syscall(SYS_iopl, 3); }
static long io_ports_some(void) { return syscall(SYS_ioperm, 0x80, 1, 1); }
static long segment(void) { int entry[4] = {0}; return syscall(SYS_modify_ldt, 1, entry, sizeof entry); }
static long clock_set(void) { struct timespec now; clock_gettime(CLOCK_REALTIME, &now); return clock_settime(CLOCK_REALTIME, &now); }
static long clock_adjust(void) { struct timex same = {.modes = ADJ_TICK, .tick = 10000}; return adjtimex(&same); }
static long swap(void) { return syscall(SYS_swapon, "/proc/self/exe", 0); }
static long accounting(void) { return acct("/escape-acct"); }
static long quota(void) { return syscall(SYS_quotactl, 0x800001 << 8, NULL, 0, NULL); }
static long fanotify(void) { return syscall(SYS_fanotify_init, 0, O_RDONLY); }
static long ctrl_alt_del(void) { return syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_ON, NULL); }
static long forced_umount(void) { long r = umount2("/proc", MNT_FORCE); return r < 0 && errno != EACCES && errno != EPERM ? 0 : r; }
static long bpf_fs(void) { return mount("bpf", "/mnt", "bpf", 0, NULL); }
static long debug_fs(void) { return mount("debugfs", "/mnt", "debugfs", 0, NULL); }
static long trace_fs(void) { return mount("tracefs", "/mnt", "tracefs", 0, NULL); }
static long security_fs(void) { return mount("securityfs", "/mnt", "securityfs", 0, NULL); }
static long host_devtmpfs(void) { return mount("devtmpfs", "/mnt", "devtmpfs", 0, NULL); }
static long terminal(void) {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master)) return -1;
    setsid();
    int slave = open(ptsname(master), O_RDWR);
    return ioctl(slave, TIOCSTI, "x");
}
static long terminal_linux(void) { char code[2] = {3}; long r = ioctl(0, 0x541c, code); return r < 0 && errno != EPERM ? 0 : r; }
static long audit(void) { return socket(AF_NETLINK, SOCK_RAW, 9); }
static long crypto(void) { return socket(38, SOCK_SEQPACKET, 0); }
static long virtual_sockets(void) { return socket(40, SOCK_STREAM, 0); }

// A process that is not the container's: the parents of the first are not to be seen.
static long outside_process(void) {
    for (pid_t pid = 1; pid < 70000; ++pid) {
        if (kill(pid, 0) < 0 && errno == ESRCH) continue;
        char path[64];
        snprintf(path, sizeof path, "/proc/%d", pid);
        if (access(path, F_OK) != 0) return 0;
    }
    errno = ESRCH;
    return ptrace(PTRACE_ATTACH, getppid() == 0 ? -1 : 0x3fffff, NULL, NULL);
}
// Names of the host's network namespace would be here.
static long abstract_sockets(void) {
    FILE* file = fopen("/proc/net/unix", "re");
    char line[512];
    while (file && fgets(line, sizeof line, file))
        if (strstr(line, " @")) return 0;
    errno = ENOENT;
    return -1;
}

static const struct { const char* name; long (*check)(void); } kCalls[] = {
    {"release_agent", release_agent}, {"mounted_release_agent", mounted_release_agent}, {"unshare_user", user_namespace},
    {"clone_user", user_namespace_by_clone}, {"clone3_user", user_namespace_by_clone3}, {"open_by_handle_at", handle},
    {"init_module", module_load}, {"finit_module", module_file}, {"delete_module", module_unload}, {"kexec_load", kexec},
    {"kexec_file_load", kexec_file}, {"bpf", bpf_map}, {"perf_event_open", perf}, {"userfaultfd", page_faults},
    {"io_uring_setup", io_uring}, {"keyctl", keyring}, {"add_key", add_key}, {"syslog", log_read}, {"iopl", io_ports},
    {"ioperm", io_ports_some}, {"modify_ldt", segment}, {"clock_settime", clock_set}, {"adjtimex", clock_adjust},
    {"swapon", swap}, {"acct", accounting}, {"quotactl", quota}, {"fanotify_init", fanotify}, {"reboot_cad", ctrl_alt_del},
    {"forced_umount", forced_umount}, {"mount_bpf", bpf_fs}, {"mount_debugfs", debug_fs}, {"mount_tracefs", trace_fs},
    {"mount_securityfs", security_fs}, {"mount_devtmpfs", host_devtmpfs}, {"tiocsti", terminal}, {"tioclinux", terminal_linux},
    {"netlink_audit", audit}, {"af_alg", crypto}, {"af_vsock", virtual_sockets}, {"outside_process", outside_process},
    {"abstract_sockets", abstract_sockets},
};

static int checks(void) {
    (void)!mkdir("/mnt", 0755);
    for (size_t i = 0; i < sizeof kWrite / sizeof *kWrite; ++i) check_write(kWrite[i]);
    for (size_t i = 0; i < sizeof kRead / sizeof *kRead; ++i) check_read(kRead[i]);
    check_node("mem", S_IFCHR, 1, 1);
    check_node("kmem", S_IFCHR, 1, 2);
    check_node("port", S_IFCHR, 1, 4);
    check_node("kmsg", S_IFCHR, 1, 11);
    check_node("fuse", S_IFCHR, 10, 229);
    check_node("tun", S_IFCHR, 10, 200);
    check_node("loop-control", S_IFCHR, 10, 237);
    check_node("loop0", S_IFBLK, 7, 0);
    check_disks();
    for (size_t i = 0; i < sizeof kCalls / sizeof *kCalls; ++i) isolated(kCalls[i].name, kCalls[i].check);
    return 0;
}

// ---- measurement
// Arguments that nothing accepts. These never return, or would hit other processes or the terminal.
static int is_left_out(long number) {
    switch (number) {
    case SYS_exit: case SYS_exit_group: case SYS_rt_sigreturn: case SYS_fork: case SYS_vfork: case SYS_vhangup:
    case SYS_pause: case SYS_kill: case SYS_sync: case SYS_clone: case SYS_futex: return 1;
    default: return 0;
    }
}

static int calls(void) {
    for (long number = 0; number < 512; ++number) {
        if (is_left_out(number)) {
            printf("reachable %ld -\n", number);
            continue;
        }
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            signal(SIGALRM, SIG_DFL);
            alarm(1);
            errno = 0;
            // With all its flags set unshare(2) would be refused for one of them.
            long result = syscall(number, number == SYS_unshare ? 0 : -1, -1, -1, -1, -1, -1);
            _exit(result >= 0 ? 0 : errno);
        }
        int status = 0;
        waitpid(pid, &status, 0);
        int error = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        const char* word = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? "killed"
                           : error == EPERM ? "refused" : error == ENOSYS ? "absent" : "reachable";
        printf("%s %ld %s\n", word, number, error ? strerrorname_np(error) : "-");
    }
    return 0;
}

static int families(void) {
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET};
    for (int family = 0; family < 64; ++family) {
        int error = 0, open_types = 0;
        for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
            int fd = socket(family, types[i] | SOCK_CLOEXEC, 0);
            if (fd < 0) error = errno;
            else open_types |= 1 << i, close(fd);
        }
        if (open_types || error != EAFNOSUPPORT) printf("open %d %s\n", family, open_types ? "-" : strerrorname_np(error));
    }
    return 0;
}

static int writable_entry(const char* path, const struct stat* info, int kind, struct FTW* where) {
    (void)where;
    if (kind != FTW_F || !S_ISREG(info->st_mode)) return 0;
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return 0;
    close(fd);
    puts(path);
    return 0;
}

static void report_leak(pid_t pid, const char* what, const char* target) {
    static char told[64][160];
    static int count;
    char line[160];
    snprintf(line, sizeof line, "%.30s %.100s", what, target);
    for (int i = 0; i < count; ++i)
        if (!strcmp(told[i], line)) return;
    if (count < 64) strcpy(told[count++], line);
    printf("leak %d %s\n", pid, line);
    fflush(stdout);
}

static int is_harmless(const char* target) {
    static const char* const known[] = {"pipe:", "socket:", "/dev/null", "/dev/pts/", "/dev/console", "/proc/", "/bin/", NULL};
    for (const char* const* name = known; *name; ++name)
        if (!strncmp(target, *name, strlen(*name))) return 1;
    return 0;
}

// 1: a program of the host.
static int look_at(pid_t pid, const struct stat* own_root) {
    char path[96], target[256];
    struct stat info;
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    ssize_t size = readlink(path, target, sizeof target - 1);
    if (size <= 0) return 0;
    target[size] = 0;
    int early = !strstr(target, "/bin/testinit") && !strstr(target, "/bin/escape") && !strstr(target, "busybox");
    snprintf(path, sizeof path, "/proc/%d/root", pid);
    if (stat(path, &info) == 0 && (info.st_ino != own_root->st_ino || info.st_dev != own_root->st_dev))
        report_leak(pid, "root", "is not the container's");
    for (int fd = 0; fd < 40; ++fd) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
        size = readlink(path, target, sizeof target - 1);
        if (size <= 0) continue;
        target[size] = 0;
        if (!is_harmless(target)) report_leak(pid, "fd", target);
    }
    return early;
}

static int watch(const char* until) {
    struct stat own_root;
    int early = 0;
    stat("/", &own_root);
    puts("watching");
    fflush(stdout);
    pid_t next = getpid() + 1;
    while (access(until, F_OK) != 0) {
        // The numbers go up one by one.
        for (pid_t pid = next; pid < next + 8; ++pid) {
            if (kill(pid, 0) != 0) continue;
            do early += look_at(pid, &own_root);
            while (kill(pid, 0) == 0 && access(until, F_OK) != 0 && kill(pid + 1, 0) != 0);
            next = pid + 1;
            break;
        }
    }
    printf("early %d\n", early);
    return 0;
}

static void print_file(const char* path, const char* const* prefixes) {
    FILE* file = fopen(path, "re");
    char line[512];
    while (file && fgets(line, sizeof line, file))
        for (const char* const* prefix = prefixes; *prefix; ++prefix)
            if (strncmp(line, *prefix, strlen(*prefix)) == 0) fputs(line, stdout);
    if (file) fclose(file);
}

int main(int argc, char** argv) {
    const char* verb = argc > 1 ? argv[1] : "checks";
    if (!strcmp(verb, "checks")) return checks();
    if (!strcmp(verb, "calls")) return calls();
    if (!strcmp(verb, "families")) return families();
    if (!strcmp(verb, "identity")) {
        print_file("/proc/self/status", (const char* const[]){"Cap", "NoNewPrivs", "Seccomp", NULL});
        print_file("/proc/self/uid_map", (const char* const[]){"", NULL});
        return 0;
    }
    if (!strcmp(verb, "writable")) {
        for (int i = 2; i < argc; ++i) nftw(argv[i], writable_entry, 32, FTW_PHYS | FTW_MOUNT);
        return 0;
    }
    if (!strcmp(verb, "watch") && argc > 2) return watch(argv[2]);
    fprintf(stderr, "escape: unknown verb %s\n", verb);
    return 98;
}
