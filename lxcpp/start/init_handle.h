// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "plan/plan.h"
#include "start/sync.h"
#include "sys/pidfd.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace lxcpp {

// What prepare() acquired for the child; all of it exists before clone.
struct InitResources {
    std::vector<FdRef> cgroup_tasks;   // v1 "tasks" files
    FdRef cgroup_v2;                   // payload directory for CLONE_INTO_CGROUP; may be invalid
    std::vector<std::uint8_t> seccomp; // BPF program
    Fd init_program;
    Fd enter; // ChildResources::enter
    std::vector<Fd> shared_namespaces; // as StartPlan::shared_namespaces
    std::array<FdRef, 3> stdio;        // ChildResources::stdio, none of them 0, 1 or 2; invalid = ours
    Fd script;                         // ChildResources::script
    // Makes StartPlan::nics, with a netlink socket of the child's network namespace.
    std::function<void(pid_t, Fd)> network;
};

// A container's first process from clone to exec; kills and reaps it unless it got that far and was
// released.
class InitHandle {
public:
    // Clones, writes id maps and limits, hands over the mounts and waits until the child has set itself
    // up. Throws Error "STEP: reason" for what failed on either side, StateError TimedOut at the deadline.
    [[nodiscard]] static InitHandle spawn(const StartPlan& plan, const InitResources& resources,
                                          std::chrono::steady_clock::time_point deadline);
    InitHandle(InitHandle&&) noexcept = default;
    InitHandle& operator=(InitHandle&&) = delete;
    ~InitHandle();

    // Lets the child go on to exec; returns once it did. Throws like spawn.
    void exec();
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] FdRef pidfd() const noexcept { return pidfd_; }
    // Console first when there is one, then the ttys.
    [[nodiscard]] std::vector<Fd> take_masters() { return std::move(masters_); }
    // What lxc.hook.stop is given: init's namespaces, which live on behind these. Empty without such a hook.
    [[nodiscard]] std::vector<Fd> take_namespaces() { return std::move(namespaces_); }
    [[nodiscard]] Fd release() noexcept { return std::move(pidfd_); } // the process lives on

private:
    InitHandle(const StartPlan& plan, pid_t pid, Fd pidfd, Fd sync, std::chrono::steady_clock::time_point deadline)
        : plan_(&plan), pid_(pid), pidfd_(std::move(pidfd)), sync_(std::move(sync)), deadline_(deadline) {}
    void send_mounts();
    void make_network(const std::function<void(pid_t, Fd)>& make);
    void send(SyncKind kind, std::span<const Fd> fds);
    bool receive(bool end_expected); // false at end of file
    [[noreturn]] void died();

    const StartPlan* plan_;
    pid_t pid_;
    Fd pidfd_;
    Fd sync_;
    std::chrono::steady_clock::time_point deadline_;
    std::vector<Fd> masters_;
    std::vector<Fd> namespaces_;
};

} // namespace lxcpp
