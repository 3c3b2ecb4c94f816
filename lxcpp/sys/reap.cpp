// SPDX-License-Identifier: Apache-2.0
#include "sys/reap.h"

#include "sys/eintr.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace lxcpp::sys {

namespace {

// The signal waits until somebody looks.
class BlockedChildSignal {
public:
    BlockedChildSignal() {
        sigemptyset(&child_);
        sigaddset(&child_, SIGCHLD);
        (void)::sigprocmask(SIG_BLOCK, &child_, &old_);
    }
    BlockedChildSignal(const BlockedChildSignal&) = delete;
    BlockedChildSignal& operator=(const BlockedChildSignal&) = delete;
    ~BlockedChildSignal() { (void)::sigprocmask(SIG_SETMASK, &old_, nullptr); }

    void wait(std::chrono::milliseconds time) const {
        const timespec wait{static_cast<time_t>(time.count() / 1000),
                            static_cast<long>(time.count() % 1000) * 1'000'000};
        (void)::sigtimedwait(&child_, nullptr, &wait);
    }

private:
    sigset_t child_{};
    sigset_t old_{};
};

} // namespace

void reap_all_except(pid_t keep) noexcept {
    for (;;) {
        siginfo_t info{};
        const int look = WEXITED | WNOHANG;
        if (::waitid(P_ALL, 0, &info, look | WNOWAIT) != 0 || info.si_pid == 0) return;
        // The kernel shows children in a fixed order: behind keep nobody can be seen, and need not.
        if (info.si_pid == keep) return;
        (void)::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, look);
    }
}

void adopt_orphans() {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
        throw SystemError("adopt processes that lose their parent");
}

bool reap_all(std::chrono::milliseconds patience) {
    using Clock = std::chrono::steady_clock;
    const BlockedChildSignal blocked;
    const auto deadline = Clock::now() + patience;
    for (;;) {
        const pid_t ended = retry_eintr([] { return ::waitpid(-1, nullptr, WNOHANG); });
        if (ended < 0 && errno == ECHILD) return true;
        if (ended < 0) throw SystemError("wait for all children");
        if (ended > 0) continue;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return false;
        blocked.wait(left);
    }
}

} // namespace lxcpp::sys
