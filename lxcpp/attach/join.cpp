// SPDX-License-Identifier: Apache-2.0
#include "attach/join.h"

#include "sys/raw.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <span>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lxcpp {

namespace raw = sys::raw;

namespace {

[[noreturn]] void fail(const JoinPlan& plan, JoinStage stage, int error, int code = 1) noexcept {
    const JoinReport report{stage, -error};
    (void)raw::send_message(plan.report, &report, sizeof report, {});
    ::_exit(code);
}

void check(const JoinPlan& plan, JoinStage stage, int result) noexcept {
    if (result < 0) fail(plan, stage, result);
}

int status(long value) noexcept { return value < 0 ? -errno : 0; }

void join_cgroups(const JoinPlan& plan) noexcept {
    for (const int tasks : plan.cgroup_tasks) check(plan, JoinStage::Cgroups, raw::write_fd(tasks, "0", 1));
}

int mount_over(const char* type, const char* place, std::uint64_t attributes) noexcept {
    const int mount = raw::new_mount(type, type, {}, attributes);
    if (mount < 0) return mount;
    const int target = raw::open_path(AT_FDCWD, place);
    const int result = target < 0 ? target : raw::attach_mount(mount, target);
    if (target >= 0) ::close(target);
    ::close(mount);
    return result;
}

// The name may lead, through links that the container made, into something of the host that is still open here
// (CVE-2024-21626): that has no path in here.
void change_directory(const JoinPlan& plan) noexcept {
    char path[4096];
    if (::chdir(plan.working_directory.c_str()) == 0 && ::syscall(SYS_getcwd, path, sizeof path) > 0 && path[0] == '/') return;
    check(plan, JoinStage::Root, status(::chdir("/")));
}

void remount_proc_sys(const JoinPlan& plan) noexcept {
    constexpr std::uint64_t quiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    check(plan, JoinStage::Remount, status(::unshare(CLONE_NEWNS)));
    check(plan, JoinStage::Remount, raw::set_root_propagation(MS_SLAVE));
    check(plan, JoinStage::Remount, mount_over("proc", "/proc", quiet));
    check(plan, JoinStage::Remount, mount_over("sysfs", "/sys", quiet));
}

void send_master(const JoinPlan& plan, int master) noexcept {
    const JoinReport report{JoinStage::PtyMaster, 0};
    check(plan, JoinStage::Terminal, raw::send_message(plan.report, &report, sizeof report, std::span(&master, 1)));
    ::close(master);
}

// The slave of a new pty of the container, whose master goes to the parent; or the fallback.
int container_pty(const JoinPlan& plan) noexcept {
    const int devpts = raw::open_here("/dev/pts", O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (devpts < 0) return plan.fallback_slave;
    const int master = raw::open_ptmx(devpts);
    ::close(devpts);
    if (master < 0) return plan.fallback_slave;
    const int slave = raw::open_pty_peer(master);
    if (slave < 0) {
        ::close(master);
        return plan.fallback_slave;
    }
    send_master(plan, master);
    return slave;
}

// The terminals among the standard streams become one of the container. Returns the first of them.
int connect_terminal(const JoinPlan& plan) noexcept {
    bool terminal[3];
    for (int fd = 0; fd <= 2; ++fd) terminal[fd] = raw::is_terminal(fd);
    const int slave = container_pty(plan);
    if (slave < 0) fail(plan, JoinStage::Terminal, -ENODEV);
    if (plan.change_ids) (void)!::fchown(slave, plan.uid, static_cast<gid_t>(-1));
    int first = -1;
    for (int fd = 2; fd >= 0; --fd) {
        if (!terminal[fd]) continue;
        check(plan, JoinStage::Terminal, status(::dup2(slave, fd)));
        first = fd;
    }
    return first;
}

int load_seccomp(const JoinPlan& plan) noexcept {
    if (plan.seccomp.empty()) return 0;
    sock_fprog program{};
    program.len = static_cast<unsigned short>(plan.seccomp.size() / sizeof(sock_filter));
    program.filter = reinterpret_cast<sock_filter*>(const_cast<std::uint8_t*>(plan.seccomp.data()));
    return status(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

void set_attributes(const JoinPlan& plan) noexcept {
    if (plan.personality) check(plan, JoinStage::Confine, status(::personality(*plan.personality)));
    check(plan, JoinStage::Confine, raw::clear_inheritable());
    if (plan.no_new_privs) check(plan, JoinStage::Confine, status(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)));
}

void confine(const JoinPlan& plan) noexcept {
    check(plan, JoinStage::Seccomp, load_seccomp(plan));
    if (plan.change_ids) check(plan, JoinStage::Confine, raw::become(plan.uid, plan.gid, plan.groups, true));
}

// Root's capabilities are the whole set until exec, whatever the bounding set says. Of more than that, only what
// the filter and a change of ids will need remains.
int limit_capabilities(const JoinPlan& plan) noexcept {
    if (!plan.bounding_set) return 0;
    return raw::limit_permitted(*plan.bounding_set | (plan.confine_first ? 0 : kConfiningCapabilities) | plan.bounding_later);
}

// The container's programs may find what this is, but nothing of the host behind it: see lxcpp-enter.
[[noreturn]] void become_sealed(const JoinPlan& plan) noexcept {
    check(plan, JoinStage::Enter, status(::fcntl(plan.report, F_SETFD, 0)));
    if (plan.filter >= 0) check(plan, JoinStage::Enter, status(::fcntl(plan.filter, F_SETFD, 0)));
    ::execveat(plan.enter, "", plan.enter_argv.data(), plan.envp.data(), AT_EMPTY_PATH);
    fail(plan, JoinStage::Enter, -errno);
}

// What the container does to this process before exec it can do to itself: nothing of the host is left in it.
void appear_inside(const JoinPlan& plan) noexcept {
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // changed by the change of ids
    const int pid = raw::fork_as_sibling();
    check(plan, JoinStage::Namespaces, pid);
    if (pid == 0) return;
    const JoinReport report{JoinStage::Born, pid};
    (void)raw::send_message(plan.report, &report, sizeof report, {});
    ::_exit(0);
}

// Whoever asked is gone, perhaps without having heard of this process: nobody would wait for its end.
void require_caller(const JoinPlan& plan) noexcept {
    pollfd caller{plan.report, 0, 0};
    if (::poll(&caller, 1, 0) > 0 && (caller.revents & POLLHUP) != 0) ::_exit(1);
}

[[noreturn]] void exec_program(const JoinPlan& plan) noexcept {
    require_caller(plan);
    int error = ENOENT;
    for (const std::string& program : plan.programs) {
        ::execve(program.c_str(), plan.argv.data(), plan.envp.data());
        // As execvp(3): a candidate that is not there is no reason to stop.
        if (errno == ENOENT || errno == ENOTDIR) continue;
        error = errno;
        if (error != EACCES) break;
    }
    fail(plan, JoinStage::Exec, -error, error == ENOENT ? 127 : 126);
}

void keep_descriptors(const JoinPlan& plan) noexcept {
    std::array<int, 3> keep{plan.report, plan.enter, plan.filter};
    std::ranges::sort(keep);
    (void)raw::close_all_but(keep);
}

} // namespace

void run_join(const JoinPlan& plan) noexcept {
    (void)raw::reset_signals();
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    // In the caller's session /dev/tty would be the caller's terminal, to read from and to type into.
    (void)::setsid();
    join_cgroups(plan);
    if (plan.namespaces != 0) {
        check(plan, JoinStage::Namespaces, status(::setns(plan.init_pidfd, static_cast<int>(plan.namespaces))));
    }
    if (plan.become_root) check(plan, JoinStage::Root, raw::become(0, 0, {}, true));
    change_directory(plan);
    const int terminal = plan.terminal ? connect_terminal(plan) : -1;
    keep_descriptors(plan);
    if (plan.bounding_set) check(plan, JoinStage::Confine, raw::drop_bounding(*plan.bounding_set | plan.bounding_later));
    set_attributes(plan);
    if (plan.confine_first) confine(plan);
    check(plan, JoinStage::Confine, limit_capabilities(plan));
    if (plan.enter >= 0) become_sealed(plan);
    if ((plan.namespaces & CLONE_NEWPID) != 0) {
        appear_inside(plan);
        (void)::setsid(); // a leader as its parent was
    }
    if (terminal >= 0) check(plan, JoinStage::Terminal, status(::ioctl(terminal, TIOCSCTTY, 0)));
    if (plan.remount_proc_sys) remount_proc_sys(plan);
    if (!plan.confine_first) confine(plan);
    exec_program(plan);
}

} // namespace lxcpp
