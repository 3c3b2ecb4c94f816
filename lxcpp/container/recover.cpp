// SPDX-License-Identifier: Apache-2.0
#include "container/recover.h"

#include "base/error.h"
#include "base/log.h"
#include "cgroup/remove.h"
#include "container/rights.h"
#include "monitor/handover.h"
#include "monitor/protocol.h"
#include "start/detach.h"
#include "start/made.h"
#include "start/network.h"
#include "start/owner.h"
#include "start/run_note.h"
#include "start/shared_mounts.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/process_group.h"
#include "sys/socket.h"
#include "sys/watch.h"

#include <array>
#include <cerrno>
#include <csignal>

namespace lxcpp {
namespace {

[[noreturn]] void throw_stuck(const char* what = "the process that starts the container does not die") {
    throw StateError(StateProblem::TimedOut, what);
}

void run_cleanup(const Container::Impl& impl, const std::optional<sys::ExitStatus>& exit) {
    const Fd runtime = sys::open_file(impl.runtime(), {.directory = true});
    const Fd socket = sys::listen_at(impl.runtime() / "socket");
    auto [ours, theirs] = sys::socket_pair();
    CleanupArguments arguments;
    arguments.runtime_dir = runtime.raw();
    arguments.socket = socket.raw();
    arguments.subscribers = {theirs.raw()};
    arguments.exit = exit;
    // Not our child: it becomes the container's monitor again when its init asked for a reboot.
    fork_detached([&] {
        const std::array<FdRef, 3> keep{runtime, socket, theirs};
        keep_only(keep);
        (void)ours.release(); // closed by keep_only
        detach_stdio({});
        leave_caller();
        reach_own_ids(impl.paths); // it may have to start or to destroy the container
        exec_cleanup(impl.paths.libexec / "lxcpp-cleanup", arguments);
    });
    theirs.reset();
    // It says that the container has stopped, or runs again; when it dies its end closes.
    const auto answer = sys::receive_packet(ours, protocol::kMaxPacket, std::chrono::seconds(60));
    if (!answer) throw Error("the clean-up did not end in time");
    if (answer->closed) throw Error("the clean-up died; the next command on the container tries again");
}

bool nobody_at(const Container::Impl& impl) {
    return sys::exists(impl.runtime()) && !impl.running() && !is_owned(impl.runtime());
}

// The configuration is there from before the first interface on.
NetworkRelease network_of(const Container::Impl& impl) {
    NetworkRelease network;
    network.request.name = impl.name;
    network.request.lxcpath = impl.lxcpath.string();
    if (impl.defined()) network.request.config_file = impl.config_file().string();
    if (sys::exists(impl.runtime() / "config")) network.config = impl.running_config();
    network.paths = impl.paths;
    return network;
}

// It had been told to execute its program when its starter was killed, or it was about to be: where a container has no
// cgroup that tells of it, it would live on and nobody would know.
void end_init(const Made& made) {
    if (!made.init) return;
    const std::optional<Fd> init = sys::open_pidfd(*made.init);
    if (!init) return;
    (void)sys::try_send_signal(*init, SIGKILL);
    if (!sys::wait_exited(*init, std::chrono::seconds(10))) throw_stuck("the container's first process does not die");
}

void remove_start(const Container::Impl& impl) {
    // A start that has just made its directory under this lock names its owner before it lets go.
    const ContainerLock lock = impl.lock();
    if (!nobody_at(impl)) return;
    const Made made = load_made(impl.runtime());
    end_init(made);
    (void)release_network(impl.runtime(), network_of(impl));
    for (const CgroupLeftover& left : remove_cgroups(made.payload, std::chrono::seconds(10))) {
        log::warn("cgroup {} stays: {}", left.path.string(), left.reason);
    }
    remove_empty_cgroups(made.others);
    release_host_directory(impl.paths, impl.runtime());
    remove_run_note(impl.directory(), impl.runtime());
    remove_runtime_dir(impl.runtime());
}

// Its owner writes a new file; the limit covers what changes without one.
void wait_for_change(const std::filesystem::path& runtime) {
    try {
        (void)sys::DirectoryWatch(runtime).wait(std::chrono::milliseconds(20));
    } catch (const SystemError& error) {
        if (error.code() != ENOENT) throw;
    }
}

} // namespace

bool abort_start(const Container::Impl& impl) {
    // The tool that claimed the name makes the starter within moments.
    constexpr std::chrono::seconds patience{10};
    const auto end = std::chrono::steady_clock::now() + patience;
    std::optional<RuntimeOwner> owner;
    for (;;) {
        if (sys::exists(impl.runtime() / "state")) return false;
        owner = load_owner(impl.runtime());
        if (!owner || !sys::is_alive(owner->process, sys::boot_id())) return false;
        if (owner->kind == OwnerKind::Starter) break;
        if (std::chrono::steady_clock::now() >= end) throw_stuck();
        wait_for_change(impl.runtime());
    }
    const std::optional<Fd> starter = sys::open_pidfd(owner->process);
    if (starter) {
        // One that waits for a new start has to tell who listens; it does no more than that.
        if (sys::exists(impl.runtime() / kRestartWait)) {
            (void)sys::try_send_signal(*starter, SIGTERM);
            (void)sys::wait_exited(*starter, patience);
        }
        (void)sys::try_send_signal(*starter, SIGKILL);
        if (!sys::wait_exited(*starter, patience)) throw_stuck();
    }
    sys::kill_session(owner->process.pid, SIGKILL); // what its hooks left running
    // It may have been faster than we: then the container runs and is not ours to remove.
    if (impl.running()) return false;
    recover(impl);
    return true;
}

void recover(const Container::Impl& impl, const std::optional<sys::ExitStatus>& exit) {
    if (!nobody_at(impl)) return;
    try {
        const auto only_one = sys::FileLock::acquire(impl.runtime() / "recover", std::chrono::seconds(60));
        if (!only_one || !nobody_at(impl)) return;
        if (sys::exists(impl.runtime() / "state")) run_cleanup(impl, exit);
        else remove_start(impl);
    } catch (const SystemError& error) {
        if (error.code() != ENOENT) log::warn("clean up after {}: {}", impl.name, error.what()); // else: done meanwhile
    } catch (const Error& error) {
        log::warn("clean up after {}: {}", impl.name, error.what());
    }
}

} // namespace lxcpp
