// SPDX-License-Identifier: Apache-2.0
#include "container/adopt.h"

#include "base/error.h"
#include "base/log.h"
#include "cgroup/enter.h"
#include "cgroup/freezer.h"
#include "container/record.h"
#include "container/rights.h"
#include "monitor/handover.h"
#include "monitor/protocol.h"
#include "plan/planner.h"
#include "start/console_target.h"
#include "start/detach.h"
#include "start/held_namespaces.h"
#include "start/owner.h"
#include "start/renew_ptys.h"
#include "start/run_note.h"
#include "start/starter.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/socket.h"

#include <array>
#include <cerrno>
#include <unistd.h>

namespace lxcpp {
namespace {

// Terminals are worth having; a container that runs without them is worth more.
std::vector<Fd> new_terminals(const Config& config, FdRef init) {
    RenewPtys wish{init, !config.idmap.empty(), terminal_files(config)};
    if (config.rootfs.path.empty()) return {}; // it uses the host's own
    try {
        return renew_ptys(wish);
    } catch (const Error& error) {
        log::error("{}", error.what());
        return {};
    }
}

State current_state(const Running& running) {
    return freezer_state(running.state.payload_cgroups) == FreezerState::Frozen ? State::Frozen : State::Running;
}

// In the process that becomes the monitor.
[[noreturn]] void become_monitor_of(const Container::Impl& impl, Running running, const Fd& status) {
    const std::filesystem::path runtime = impl.runtime();
    save_owner(runtime, OwnerKind::Starter);
    const Config config = impl.running_config();
    log_to_container(config.log);
    const Fd directory = sys::open_file(runtime, {.directory = true});
    const Fd socket = sys::listen_at(runtime / "socket");
    const std::vector<Fd> masters = new_terminals(config, running.init);
    const ConsoleTarget console = open_console_target(config.console);
    std::vector<Fd> held = namespaces_for_stop_hooks(config, running.pid());
    if (Fd network = network_for_reboot(config, running.pid()); network.valid()) held.push_back(std::move(network));
    SupervisorState& state = running.state.supervisor;
    state.state = current_state(running);
    state.socket = socket.raw();
    state.pidfd = running.init.raw();
    state.status = status.raw();
    state.session = -1;
    state.console_logfile = console.logfile;
    number_terminals(state, masters, !masters.empty() && config.console.path != "none");
    save_runtime_state(runtime, running.state);
    renew_run_note(impl.directory(), runtime, state.init);
    SupervisorArguments arguments{directory.raw(), {}, {}, {}};
    if (console.device.valid()) arguments.sessions.push_back(console.device.raw());
    for (const Fd& fd : held) arguments.held.push_back(fd.raw());
    if (!running.state.monitor_cgroups.empty()) enter_cgroups(running.state.monitor_cgroups);
    exec_supervisor(impl.paths.libexec / "lxcpp-supervisor", state, arguments);
    throw Error("the monitor did not take over");
}

[[noreturn]] void run_adopter(const Container::Impl& impl, const Fd& status) {
    try {
        detach_stdio({});
        leave_caller();
        std::optional<Running> running = impl.running();
        if (!running) throw StateError(StateProblem::NotRunning, "the container is not running");
        reach_ids_of(*running); // where the monitor that died was
        become_monitor_of(impl, std::move(*running), status);
    } catch (const std::exception& error) {
        (void)sys::try_send_packet(status, protocol::encode(0, protocol::Failure{EIO, error.what()}));
    }
    ::_exit(1);
}

void wait_for_monitor(const Fd& answer) {
    constexpr std::chrono::seconds patience{20};
    const auto packet = sys::receive_packet(answer, protocol::kMaxPacket, patience);
    if (!packet) throw StateError(StateProblem::TimedOut, "the new monitor does not answer");
    if (packet->closed || packet->data.empty()) throw Error("the new monitor died");
    const protocol::Frame frame = protocol::decode(packet->data);
    if (const auto* failure = std::get_if<protocol::Failure>(&frame.message)) throw Error(failure->text);
}

bool orphaned(const Container::Impl& impl) { return !is_owned(impl.runtime()) && impl.running(); }

} // namespace

bool adopt(const Container::Impl& impl) {
    if (!orphaned(impl)) return false;
    const auto only_one = sys::FileLock::acquire(impl.runtime() / "recover", std::chrono::seconds(30));
    if (!only_one || !orphaned(impl)) return false;
    auto [ours, theirs] = sys::socket_pair();
    Fd status = std::move(theirs);
    fork_detached([&] {
        const std::array<FdRef, 1> keep{status};
        keep_only(keep);
        (void)ours.release(); // closed by keep_only
        run_adopter(impl, status);
    });
    status.reset();
    with_context("take over from a dead monitor", [&] { wait_for_monitor(ours); });
    record_event(impl.paths, impl.key(), "adopt", "");
    return true;
}

void adopt_if_orphaned(const Container::Impl& impl) {
    if (!impl.ours()) return;
    try {
        if (keep_owner_going(impl.runtime()) || !impl.running()) return;
        if (adopt(impl)) log::info("{}: its monitor had died and was replaced", impl.name);
    } catch (const Error& error) {
        log::warn("{}: {}", impl.name, error.what());
    }
}

std::string Container::upgrade_monitor() {
    constexpr std::chrono::seconds patience{30}; // it gives the new program 5 s
    impl_->require_ours("upgrade the monitor of");
    adopt_if_orphaned(*impl_);
    (void)impl_->require_running();
    const auto owner = load_owner(impl_->runtime());
    std::optional<MonitorClient> old = MonitorClient::connect(impl_->runtime(), patience);
    if (!old) throw StateError(StateProblem::NotRunning, "the container's monitor does not run");
    old->upgrade();
    try {
        (void)old->version(); // only the old one has this connection
    } catch (const StateError& error) {
        if (error.problem() != StateProblem::NotRunning) throw;
        std::optional<MonitorClient> fresh = MonitorClient::connect(impl_->runtime(), patience);
        if (!fresh) throw Error("the new monitor died; the next command that changes the container replaces it");
        return fresh->version().program;
    }
    if (load_owner(impl_->runtime()) == owner) throw Error("the new monitor program cannot be run; the old one goes on");
    throw Error("the new monitor program did not answer and was ended; the old one goes on");
}

} // namespace lxcpp
