// SPDX-License-Identifier: Apache-2.0
#include "start/init_handle.h"

#include "base/error.h"
#include "base/scope_exit.h"
#include "base/strings.h"
#include "start/child.h"
#include "start/host_mounts.h"
#include "start/idmap_write.h"
#include "start/sync.h"
#include "sys/clone.h"
#include "sys/epoll.h"
#include "sys/file.h"
#include "sys/limits.h"
#include "sys/namespace.h"
#include "sys/raw.h"
#include "sys/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace lxcpp {
namespace {

std::string wait_status_text(int status) {
    if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
    const int code = WEXITSTATUS(status);
    if (code == 127) return "program not found";
    if (code == 126) return "program cannot be executed";
    return "exited with " + std::to_string(code);
}

// What the kernel says to the mount itself; each directory was there and could be cloned.
std::string overlay_reason(int error) {
    const std::string text = std::strerror(error);
    if (error == EINVAL) {
        return text + " (overlayfs needs user extended attributes and d_type where UPPER is, and its work directory beside it to itself; "
                      "the kernel's log says more)";
    }
    if (error == EPERM) return text + " (in a user namespace this needs Linux 5.19)";
    if (error == ENODEV) return text + " (the kernel has no overlayfs)";
    if (error == ELOOP) return text + " (one of the directories contains another)";
    return text;
}

std::string reason(const Step& step, const SyncMessage& message) {
    if (std::holds_alternative<AttachOverlay>(step)) return overlay_reason(message.error);
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
                               resources.enter.raw(), make_exec_vectors(plan.child, theirs.raw()),
                               {resources.stdio[0].raw(), resources.stdio[1].raw(), resources.stdio[2].raw()}, resources.script.raw()};
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
    handle.send_mounts();
    const auto offers = [](const Step& step) { return std::holds_alternative<OfferNamespaces>(step); };
    if (std::ranges::any_of(plan.child.steps, offers)) {
        handle.receive(false);
        handle.namespaces_ = std::exchange(handle.masters_, {});
    }
    if (!plan.nics.empty()) handle.make_network(resources.network);
    handle.receive(false);
    for (const auto& [file, value] : plan.proc_writes) {
        with_context("lxc.proc." + file, [&] { write_proc(pid, file, value); });
    }
    return handle;
}

void InitHandle::send(SyncKind kind, std::span<const Fd> fds) {
    std::vector<int> numbers;
    for (const Fd& fd : fds) numbers.push_back(fd.raw());
    const SyncMessage message{kind, -1, 0, 0};
    const int error = sys::raw::send_message(sync_.raw(), &message, sizeof message, numbers);
    if (error == -E2BIG) throw Error("more than 199 idmapped mount entries");
    if (error < 0) died();
}

void InitHandle::send_mounts() {
    const HostMounts made = make_host_mounts(*plan_, pid_);
    std::span<const Fd> layers = made.layers;
    while (!layers.empty()) { // a message takes so many descriptors
        const auto part = layers.first(std::min(layers.size(), sys::raw::kMaxFds));
        send(SyncKind::Layers, part);
        layers = layers.subspan(part.size());
    }
    send(SyncKind::Go, made.mounts);
}

// While the child goes on with its mounts, up to where it needs the network.
void InitHandle::make_network(const std::function<void(pid_t, Fd)>& make) {
    receive(false);
    std::vector<Fd> sockets = std::exchange(masters_, {});
    if (sockets.size() != 1 || !make) throw Error("the container's first process sent nonsense");
    make(pid_, std::move(sockets.front()));
    const SyncMessage message{SyncKind::NetworkDone, -1, 0, 0};
    // A child that is gone has said why: that is read next.
    (void)sys::raw::send_message(sync_.raw(), &message, sizeof message, {});
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
