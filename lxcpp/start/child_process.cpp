// SPDX-License-Identifier: Apache-2.0
#include "start/child_state.h"
#include "start/raw_fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp {

namespace raw = sys::raw;

namespace {

constexpr int kTimeNamespace = 0x80;

int result(long value) noexcept { return value < 0 ? -errno : 0; }

// Whatever the caller had open stays out of the container.
int close_inherited(ChildState& state) noexcept {
    if (state.closed) return 0;
    std::array<int, 4> keep{state.resources.sync, state.resources.init_program, state.resources.enter, state.resources.script};
    std::ranges::sort(keep);
    if (const int error = raw::close_all_but(keep); error < 0) return error;
    state.closed = true;
    return 0;
}

} // namespace

int run(const WriteProc& step, ChildState& state) noexcept {
    // One of our own, which nothing in the root file system can stand in for; and there need be none mounted.
    const RawFd own(raw::new_mount("proc", "proc", {}, 0));
    if (!own.failed()) return raw::write_proc(own.get(), step.path.c_str(), step.value.data(), step.value.size());
    if (own.get() != -EPERM) return own.get();
    // The pid namespace is another user namespace's.
    const RawFd proc(raw::open_in(state.root, "proc", O_PATH | O_DIRECTORY));
    if (proc.failed()) return proc.get();
    return raw::write_proc(proc.get(), step.path.c_str(), step.value.data(), step.value.size());
}

int run(const RunProgram&, ChildState& state) noexcept {
    const ExecVectors& vectors = state.resources.vectors[state.step];
    const int status = raw::run_program(vectors.argv.data(), vectors.envp.data(), state.resources.enter >= 0);
    if (status < 0) return status;
    if (status == 0) return 0;
    state.detail = status;
    return -ECHILD;
}

int run(const SetHostName& step, ChildState&) noexcept {
    return result(::sethostname(step.name.data(), step.name.size()));
}

int run(const Unshare& step, ChildState&) noexcept {
    return result(::syscall(SYS_unshare, static_cast<unsigned long>(step.flags)));
}

int run(const EnterTimeNamespace& step, ChildState&) noexcept {
    // unshare moves only later children; the offsets must be written before anybody is inside.
    if (::syscall(SYS_unshare, static_cast<unsigned long>(kTimeNamespace)) < 0) return -errno;
    if (!step.offsets.empty()) {
        // The change of ids has handed our files in /proc to the host's root; nobody is inside yet who could use
        // that they are ours for a moment.
        if (::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0) return -errno;
        const int error = raw::write_file(AT_FDCWD, "/proc/self/timens_offsets", step.offsets.data(), step.offsets.size());
        (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        if (error < 0) return error;
    }
    const RawFd ns(raw::open_here("/proc/self/ns/time_for_children", O_RDONLY));
    if (ns.failed()) return ns.get();
    return result(::setns(ns.get(), kTimeNamespace));
}

int run(const BecomeRoot&, ChildState&) noexcept { return raw::become(0, 0, {}, true); }

int run(const NewKeyring&, ChildState&) noexcept {
    const long serial = ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
    return serial < 0 && errno != ENOSYS ? -errno : 0; // a kernel without keys has none to leak
}

int run(const LoopbackUp&, ChildState&) noexcept { return raw::loopback_up(); }

int run(const SetPersonality& step, ChildState&) noexcept { return result(::personality(step.persona)); }

int run(const DropBounding& step, ChildState&) noexcept {
    if (const int error = raw::drop_bounding(step.keep); error < 0) return error;
    return raw::clear_inheritable();
}

int run(const NoNewPrivs&, ChildState&) noexcept { return result(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); }

int run(const LoadSeccomp&, ChildState& state) noexcept {
    const auto bytes = state.resources.seccomp;
    if (bytes.empty()) return 0;
    // A policy may not know close_range(2).
    if (const int error = close_inherited(state); error < 0) return error;
    sock_fprog program{};
    program.len = static_cast<unsigned short>(bytes.size() / sizeof(sock_filter));
    program.filter = reinterpret_cast<sock_filter*>(const_cast<std::uint8_t*>(bytes.data()));
    return result(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

int run(const CoreScheduling&, ChildState&) noexcept {
    return result(::prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, PR_SCHED_CORE_SCOPE_THREAD_GROUP, 0));
}

int run(const ChangeDir& step, ChildState&) noexcept {
    if (step.create) {
        const RawFd root(raw::open_path(AT_FDCWD, "/"));
        if (root.failed()) return root.get();
        const RawFd known(raw::open_path(AT_FDCWD, step.path.c_str()));
        if (known.failed()) {
            if (const int error = raw::make_dirs_in(root.get(), step.path.c_str(), 0755); error < 0) return error;
        }
    }
    if (::chdir(step.path.c_str()) < 0) return -errno;
    // A working directory that has no path here would be a way out (CVE-2024-21626).
    char path[4096];
    const long size = ::syscall(SYS_getcwd, path, sizeof path);
    if (size < 0) return -errno;
    return path[0] == '/' ? 0 : -EXDEV;
}

int run(const SetIds& step, ChildState&) noexcept { return raw::become(step.uid, step.gid, step.groups, true); }

int run(const DieWithParent& step, ChildState&) noexcept { return result(::prctl(PR_SET_PDEATHSIG, step.signal, 0, 0, 0)); }

int run(const JoinCgroupsV1&, ChildState& state) noexcept {
    for (const int tasks : state.resources.cgroup_tasks) {
        if (const int error = raw::write_fd(tasks, "0", 1); error < 0) return error;
    }
    return 0;
}

// It tells through the same socket when it cannot run the program, and closes it when it does.
static int become_sealed(const ExecVectors& vectors, const ChildState& state) noexcept {
    if (::fcntl(state.resources.sync, F_SETFD, 0) < 0) return -errno;
    return result(::execveat(state.resources.enter, "", vectors.enter.data(), vectors.envp.data(), AT_EMPTY_PATH));
}

int run(const Exec& step, ChildState& state) noexcept {
    const ExecVectors& vectors = state.resources.vectors[state.step];
    if (const int error = close_inherited(state); error < 0) return error;
    if (step.from_init_fd) {
        // The interpreter opens it by its number.
        if (state.resources.script >= 0 && ::fcntl(state.resources.script, F_SETFD, 0) < 0) return -errno;
        // The kernel drops what process 1 neither handles nor blocks: a signal for the command that comes before
        // lxcpp-init is ready for it has to wait.
        if (const int error = raw::block_signals(); error < 0) return error;
        return result(::execveat(state.resources.init_program, "", vectors.argv.data(), vectors.envp.data(), AT_EMPTY_PATH));
    }
    if (state.resources.enter >= 0) return become_sealed(vectors, state);
    // As execvp(3): a directory without the program, or with one that we may not run, is no reason to stop.
    int error = -ENOENT;
    for (const char* const* program = vectors.programs.data(); *program != nullptr; ++program) {
        ::execve(*program, vectors.argv.data(), vectors.envp.data());
        if (errno == ENOENT || errno == ENOTDIR) continue;
        error = -errno;
        if (errno != EACCES) break;
    }
    return error;
}

} // namespace lxcpp
