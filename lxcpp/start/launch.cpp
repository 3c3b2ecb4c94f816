// SPDX-License-Identifier: Apache-2.0
#include "start/launch.h"

#include "base/error.h"
#include "base/log.h"
#include "monitor/protocol.h"
#include "start/detach.h"
#include "start/owner.h"
#include "sys/epoll.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/signal.h"
#include "sys/socket.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <sys/epoll.h>
#include <unistd.h>

namespace lxcpp {
namespace {

std::vector<FdRef> all_of(const StarterFds& fds) {
    std::vector<FdRef> all{fds.runtime, fds.socket, fds.status, fds.session, fds.outside, fds.run_claim};
    for (const Fd& fd : fds.subscribers) all.emplace_back(fd);
    return all;
}

void report(const Fd& status, const std::string& text) {
    (void)sys::try_send_packet(status, protocol::encode(0, protocol::Failure{EIO, text}));
}

[[noreturn]] void run_starter(StarterInput input, const LaunchOptions& options, StarterFds fds,
                              const std::function<void(const StartReport&)>& running,
                              const std::function<void()>& failed) {
    Fd status; // must outlive become_monitor, which takes the others
    try {
        status = sys::duplicate(fds.status);
        if (!options.keep_stdio) detach_stdio(options.output);
        leave_caller();
        save_owner(input.runtime, OwnerKind::Starter); // so that a start that hangs can be found and ended
        become_monitor(std::move(input), std::move(fds), running);
    } catch (const Error& error) {
        failed();
        report(status, error.what());
    } catch (const std::exception& error) {
        failed();
        report(status, error.what());
    }
    ::_exit(1);
}

// SIGINT and its like end the wait; what was started is then for the caller to undo.
void wait_for_answer(const Fd& status, sys::SignalFd& signals, std::chrono::seconds timeout) {
    sys::Epoll epoll;
    epoll.add(status, EPOLLIN, 0);
    epoll.add(signals.fd(), EPOLLIN, 1);
    const auto end = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        std::array<sys::Ready, 2> ready{};
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0) return;
        const std::size_t count = epoll.wait(ready, left);
        for (std::size_t i = 0; i < count; ++i) {
            if (ready[i].tag == 0) return;
            if (const auto signal = signals.next()) throw StartInterrupted(*signal);
        }
    }
}

pid_t wait_until_running(const Fd& status, sys::SignalFd& signals, std::chrono::seconds timeout) {
    wait_for_answer(status, signals, timeout);
    const auto packet = sys::receive_packet(status, protocol::kMaxPacket, std::chrono::seconds(10));
    if (!packet) throw StateError(StateProblem::TimedOut, "the container did not start in time");
    if (packet->closed || packet->data.empty()) throw Error("the start was ended before the container ran: by lxcpp-stop, or somebody killed it");
    const protocol::Frame frame = protocol::decode(packet->data);
    if (const auto* failure = std::get_if<protocol::Failure>(&frame.message)) throw Error(failure->text);
    if (const auto* event = std::get_if<protocol::Event>(&frame.message)) return event->pid;
    throw Error("the starter sent something else than a result");
}

} // namespace

StartInterrupted::StartInterrupted(int signal) : Error("interrupted by " + sys::signal_name(signal)), signal_(signal) {}

pid_t launch(StarterInput input, LaunchOptions options, Fd socket,
             const std::function<void(const StartReport&)>& running, const std::function<void()>& failed) {
    sys::SignalFd signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    // One that came before anything was started leaves nothing to end or to pass it on to.
    if (const auto signal = signals.next()) {
        failed();
        throw Error(StartInterrupted(*signal).what());
    }
    auto [ours, theirs] = sys::socket_pair();
    StarterFds fds;
    fds.runtime = sys::open_file(input.runtime, {.directory = true});
    fds.socket = std::move(socket);
    fds.status = std::move(theirs);
    fds.session = std::move(options.session);
    fds.run_claim = std::move(options.run_claim);
    fds.outside = std::move(options.outside);
    if (options.subscriber.valid()) fds.subscribers.push_back(std::move(options.subscriber));
    const std::chrono::seconds timeout = input.timeout;
    fork_detached([&] {
        keep_only(all_of(fds));
        (void)ours.release(); // closed by keep_only
        run_starter(std::move(input), options, std::move(fds), running, failed);
    });
    fds = {};
    return wait_until_running(ours, signals, timeout);
}

} // namespace lxcpp
