// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/worker.h"

#include "common/harmless.h"
#include "common/say.h"
#include "distrobuilder/command.h"
#include "sys/clone.h"
#include "sys/cred.h"
#include "sys/epoll.h"
#include "sys/pidfd.h"
#include "sys/reap.h"
#include "sys/signal.h"

#include <lxcpp/error.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <fmt/core.h>
#include <new>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace lxcpp::distro {
namespace {

using tools::say;
using Work = std::function<int(const BuildIdentity&)>;

constexpr std::chrono::seconds kForPublishing{20}; // renames and their sync
constexpr std::chrono::seconds kForTheRest{20};    // processes that are killed
constexpr std::chrono::seconds kForEnding{3};      // a program, by who waits for it

[[noreturn]] void run_child(pid_t parent, const BuildPlaces& places, const Work& work) noexcept {
    int code = 1;
    try {
        sys::DeathSignal::die_with(parent);
        ::umask(022);
        code = work(enter_build_namespace(places));
        if (std::fflush(stdout) != 0) throw SystemError("write to the standard output");
    } catch (const std::bad_alloc&) {
        (void)std::fputs("lxcpp-distrobuilder: out of memory\n", stderr);
        code = 1;
    } catch (const std::exception& error) {
        say("{}: {}\n", kProgram, tools::harmless(error.what()));
        code = 1;
    }
    ::_exit(code);
}

// The child has a copy of our buffers: nothing must be in them.
sys::Cloned start(const BuildPlaces& places, const Work& work) {
    (void)std::fflush(nullptr);
    const pid_t parent = ::getpid();
    sys::Cloned child = sys::clone_process({});
    if (child.pid != 0) return child;
    run_child(parent, places, work);
}

struct Ended {
    std::optional<int> signal; // that we got
    bool late = false;
};

Ended wait_for(const sys::Cloned& child, sys::SignalFd& signals,
               std::optional<std::chrono::seconds> timeout, FdRef ends_by_itself) {
    sys::Epoll epoll;
    epoll.add(child.pidfd, EPOLLIN, 0);
    epoll.add(signals.fd(), EPOLLIN, 1);
    if (ends_by_itself.valid()) epoll.add(ends_by_itself, EPOLLIN, 2);
    if (timeout && ends_by_itself.valid()) *timeout += kForEnding;
    const auto deadline =
        std::chrono::steady_clock::now() + timeout.value_or(std::chrono::seconds(0));
    for (;;) {
        std::optional<std::chrono::milliseconds> left;
        if (timeout)
            left = std::max(std::chrono::milliseconds(0),
                            std::chrono::duration_cast<std::chrono::milliseconds>(
                                deadline - std::chrono::steady_clock::now()));
        std::array<sys::Ready, 3> ready{};
        const std::size_t count = epoll.wait(ready, left);
        if (count == 0 && timeout && std::chrono::steady_clock::now() >= deadline) return {.signal = {}, .late = true};
        for (std::size_t i = 0; i < count; ++i) {
            if (ready[i].tag == 0) return {};
            if (ready[i].tag == 2) {
                epoll.remove(ends_by_itself);
                timeout.reset();
                continue;
            }
            if (const auto signal = signals.next()) return {.signal = *signal, .late = false};
        }
    }
}

// Signals are held back while files go to their places (OutputFiles): all of them or none.
void end(const sys::Cloned& child) {
    (void)sys::try_send_signal(child.pidfd, SIGTERM);
    if (!sys::wait_exited(child.pidfd, kForPublishing))
        (void)sys::try_send_signal(child.pidfd, SIGKILL);
}

// nohup(1) wants builds to go on.
std::vector<int> signals_that_end() {
    std::vector<int> signals{SIGINT, SIGTERM, SIGQUIT};
    struct sigaction now {};
    if (::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler != SIG_IGN)
        signals.push_back(SIGHUP);
    return signals;
}

void clean_up(const BuildPlaces& places, const BuildWork& work) {
    const sys::Cloned child = start({.cache = places.cache, .target = places.target, .read = {}},
                                    [&](const BuildIdentity&) {
                                        work.clean_up();
                                        return 0;
                                    });
    (void)sys::reap(child.pidfd);
}

} // namespace

int run_in_build_namespace(const BuildPlaces& places, std::optional<std::chrono::seconds> timeout,
                           const BuildWork& work) {
    sys::SignalFd signals(signals_that_end());
    sys::adopt_orphans();
    const sys::Cloned child = start(places, [&](const BuildIdentity& identity) {
        (void)::signal(SIGTERM, SIG_DFL); // whatever who called does with it
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr); // its programs must not inherit ours
        return work.run(identity);
    });
    Ended ended = wait_for(child, signals, timeout, work.ends_by_itself);
    if (ended.signal || ended.late) end(child);
    const sys::ExitStatus status = sys::reap(child.pidfd);
    if (!status.signaled) return status.value; // all was done when the signal came
    if (!ended.signal)
        ended.signal = signals.next(); // of the terminal: it had it too, and was faster
    (void)sys::reap_all(kForTheRest);  // what it ran has its files and locks as long as it is there
    clean_up(places, work);
    if (ended.late)
        throw Error(fmt::format("--timeout: the build was not finished after {} s; finished steps "
                                "are kept for the next one",
                                timeout->count()));
    const int signal = ended.signal.value_or(status.value);
    throw Error(fmt::format("{} by {}; finished steps are kept for the next build", ended.signal ? "interrupted" : "the build was killed", sys::signal_name(signal)));
}

} // namespace lxcpp::distro
