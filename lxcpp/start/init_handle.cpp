// SPDX-License-Identifier: Apache-2.0
#include "start/init_handle.h"

#include "base/error.h"
#include "base/log.h"
#include "base/scope_exit.h"
#include "base/strings.h"
#include "start/child.h"
#include "start/idmap_write.h"
#include "start/sync.h"
#include "sys/clone.h"
#include "sys/epoll.h"
#include "sys/file.h"
#include "sys/limits.h"
#include "sys/memory_file.h"
#include "sys/mount.h"
#include "sys/namespace.h"
#include "sys/raw.h"
#include "sys/rooted_dir.h"
#include "sys/socket.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace lxcpp {
namespace {

std::string wait_status_text(int status) {
    if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
    const int code = WEXITSTATUS(status);
    if (code == 127) return "program not found";
    if (code == 126) return "program cannot be executed";
    return "exited with " + std::to_string(code);
}

std::string reason(const Step& step, const SyncMessage& message) {
    if (message.detail != 0) return wait_status_text(message.detail);
    std::string text = std::strerror(message.error);
    const bool mounts = std::holds_alternative<MountFs>(step) || std::holds_alternative<MountBind>(step) ||
                        std::holds_alternative<MountInside>(step) || std::holds_alternative<MountPrepared>(step);
    if (message.error == ELOOP && mounts) {
        text = "a component of the target is a symbolic link, which is refused in a container's root file system";
    } else if (message.error == ENOENT && std::holds_alternative<Exec>(step)) {
        text = "no such program in the container's root file system";
    } else if (message.error == ENOENT && mounts) {
        text += " (source or target; create=dir or create=file makes a target, optional skips the entry)";
    } else if (message.error == EINVAL && std::holds_alternative<JoinCgroupsV1>(step)) {
        text += " (cgroup v1's cpu controller takes no process of a real-time scheduling class, which the caller's "
                "children inherit: chrt -o -p 0 PID ends it)";
    } else if (const auto* bind = std::get_if<MountBind>(&step); bind != nullptr && message.error == EINVAL && !bind->recursive) {
        text += " (when something is mounted below the source, a container cannot show what it covers: use rbind)";
    } else if (message.error == EXDEV && std::holds_alternative<WriteProc>(step)) {
        text = "something other than procfs is mounted there";
    }
    return text;
}

// Joins the shared namespaces for the duration of clone; pid only concerns children anyway.
class BorrowedNamespaces {
public:
    BorrowedNamespaces(const StartPlan& plan, const InitResources& resources) {
        for (std::size_t i = 0; i < plan.shared_namespaces.size(); ++i) {
            const SharedNamespace& share = plan.shared_namespaces[i];
            std::optional<Fd> own = sys::open_namespace(::getpid(), share.name == "pid" ? "pid_for_children" : share.name);
            if (own) back_.emplace_back(std::move(*own), share.flag);
            with_context("share the " + share.name + " namespace of " + share.target,
                         [&] { sys::enter_namespace(resources.shared_namespaces[i], share.flag); });
        }
    }
    BorrowedNamespaces(const BorrowedNamespaces&) = delete;
    BorrowedNamespaces& operator=(const BorrowedNamespaces&) = delete;
    ~BorrowedNamespaces() { leave(); }
    void leave() noexcept {
        for (const auto& [fd, flag] : back_) {
            try {
                sys::enter_namespace(fd, flag);
            } catch (const Error&) { // our own namespace; nothing can be done in a destructor
            }
        }
        back_.clear();
    }

private:
    std::vector<std::pair<Fd, std::uint64_t>> back_;
};

sys::MountTree root_mount(const RootfsPlan& rootfs) {
    const sys::RootedDir directory = sys::RootedDir::open(rootfs.path);
    sys::MountTree tree = sys::MountTree::clone_fd(directory.fd(), true);
    tree.set_attributes(rootfs.attributes, 0, true);
    return tree;
}

Fd map_namespace(const std::string& idmap, pid_t pid) {
    if (idmap != "container") return sys::open_file(idmap);
    std::optional<Fd> own = sys::open_namespace(pid, "user");
    if (!own) throw Error("the container's first process died during set-up");
    return std::move(*own);
}

void apply_idmap(sys::MountTree& tree, const std::string& idmap, const std::string& source, pid_t pid) {
    try {
        tree.idmap(map_namespace(idmap, pid), true);
    } catch (const SystemError& error) {
        // EPERM: the mount has a map already.
        if (error.code() != EINVAL && error.code() != EOPNOTSUPP && error.code() != EPERM) throw;
        throw Error("mount " + source + " with the container's ids: its file system, or one mounted below it, "
                    "takes no idmapped mounts; move it to ext4, xfs or btrfs, or shift its ids and remove idmap= "
                    "from the options");
    }
}

Fd prepared_mount(const PreparedMount& mount, pid_t pid) {
    sys::MountTree tree = sys::MountTree::clone(mount.source, mount.recursive);
    tree.set_attributes(mount.attributes_set, mount.attributes_clear, mount.recursive);
    apply_idmap(tree, mount.idmap, mount.source, pid);
    return std::move(tree).take();
}

// An optional one that cannot be made still takes its number: the child cannot mount what it gets.
Fd prepared_mount_or_nothing(const PreparedMount& mount, pid_t pid) {
    try {
        return prepared_mount(mount, pid);
    } catch (const Error& error) {
        if (!mount.optional) throw;
        log::info("lxc.mount.entry: {}", error.what());
        return sys::memory_file("lxcpp-skipped");
    }
}

// "root", "cwd", "fd/3" would lead out of procfs, into files that the container chooses: no links, no other mounts.
void write_proc(pid_t pid, const std::string& file, const std::string& value) {
    const Fd proc = sys::open_file("/proc/" + std::to_string(pid), {.access = sys::Access::Path, .directory = true});
    const int error = sys::raw::write_proc(proc.raw(), file.c_str(), value.data(), value.size());
    if (error == -ELOOP || error == -EXDEV) throw Error("this file of /proc/PID is a link, which is not followed");
    if (error < 0) throw SystemError("write \"" + printable(value) + '"', -error);
}

} // namespace

InitHandle InitHandle::spawn(const StartPlan& plan, const InitResources& resources,
                             std::chrono::steady_clock::time_point deadline) {
    auto [ours, theirs] = sys::socket_pair();
    std::vector<int> tasks;
    for (const FdRef fd : resources.cgroup_tasks) tasks.push_back(fd.raw());
    const ChildResources child{theirs.raw(), tasks, resources.seccomp, resources.init_program.raw(),
                               resources.enter.raw(), make_exec_vectors(plan.child, theirs.raw())};
    BorrowedNamespaces borrowed(plan, resources);
    sys::CloneOptions options;
    options.flags = plan.clone_flags;
    options.into_cgroup = resources.cgroup_v2;
    auto [pid, pidfd] = sys::clone_process(options);
    if (pid == 0) {
        // Else the child would hold its own socket open, and never see that the starter died.
        ours.reset();
        run_child(plan.child, child);
    }
    borrowed.leave();
    theirs.reset();
    InitHandle handle(plan, pid, std::move(pidfd), std::move(ours), deadline);
    if ((plan.clone_flags & CLONE_NEWUSER) != 0) write_id_maps(pid, plan.idmap);
    for (const LimitPlan& limit : plan.limits) {
        with_context("lxc.prlimit." + limit.name,
                     [&] { sys::set_limit(pid, limit.resource, limit.soft, limit.hard); });
    }
    handle.send_mounts(resources);
    handle.receive(false);
    for (const auto& [file, value] : plan.proc_writes) {
        with_context("lxc.proc." + file, [&] { write_proc(pid, file, value); });
    }
    return handle;
}

void InitHandle::send_mounts(const InitResources&) {
    std::vector<Fd> trees;
    if (!plan_->rootfs.path.empty()) {
        sys::MountTree root = root_mount(plan_->rootfs);
        if (!plan_->rootfs.idmap.empty()) apply_idmap(root, plan_->rootfs.idmap, plan_->rootfs.path, pid_);
        trees.push_back(std::move(root).take());
    } else if (!plan_->prepared_mounts.empty()) {
        trees.push_back(sys::MountTree::clone("/").take()); // keeps the numbering; not used
    }
    for (const PreparedMount& mount : plan_->prepared_mounts) {
        trees.push_back(prepared_mount_or_nothing(mount, pid_));
    }
    std::vector<int> fds;
    for (const Fd& tree : trees) fds.push_back(tree.raw());
    const SyncMessage message{SyncKind::Go, -1, 0, 0};
    const int error = sys::raw::send_message(sync_.raw(), &message, sizeof message, fds);
    if (error == -E2BIG) throw Error("more than 199 idmapped mount entries");
    if (error < 0) died();
}

bool InitHandle::receive(bool end_expected) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (!sys::wait_readable(sync_, std::max(left, std::chrono::milliseconds(0)))) {
        throw StateError(StateProblem::TimedOut, "the container's first process did not finish its set-up in time");
    }
    SyncMessage message;
    std::array<int, sys::raw::kMaxFds> fds{};
    std::size_t count = 0;
    const int size = sys::raw::receive_message(sync_.raw(), &message, sizeof message, fds, count);
    for (std::size_t i = 0; i < count; ++i) masters_.emplace_back(fds[i]);
    if (size <= 0) {
        if (end_expected) return false;
        died();
    }
    if (size != static_cast<int>(sizeof message)) throw Error("the container's first process sent nonsense");
    if (message.kind == SyncKind::Failure) {
        const Step& step = plan_->child.steps.at(static_cast<std::size_t>(message.step));
        throw Error(describe(step) + ": " + reason(step, message));
    }
    return true;
}

void InitHandle::exec() {
    const SyncMessage message{SyncKind::Exec, -1, 0, 0};
    if (sys::raw::send_message(sync_.raw(), &message, sizeof message, {}) < 0) died();
    while (receive(true)) {
    }
    // Its end of the socket closes when it executes its program, and when it is killed just before.
    if (!sys::has_executed(pid_)) died();
    sync_.reset();
}

void InitHandle::died() {
    std::string text = "the container's first process died during set-up";
    if (sys::wait_exited(pidfd_, std::chrono::milliseconds(1000))) {
        const sys::ExitStatus status = sys::reap(pidfd_);
        text += status.signaled ? " (signal " : " (exit code ";
        text += std::to_string(status.value) + ")";
        pidfd_.reset();
    }
    throw Error(text);
}

InitHandle::~InitHandle() {
    if (!pidfd_.valid()) return;
    (void)sys::try_send_signal(pidfd_, SIGKILL);
    try {
        if (sys::wait_exited(pidfd_, std::chrono::seconds(10))) (void)sys::reap(pidfd_);
    } catch (const Error&) { // already reaped
    }
}

} // namespace lxcpp
