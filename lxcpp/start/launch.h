// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "start/starter.h"

#include <lxcpp/error.h>

#include <functional>

namespace lxcpp {

struct LaunchOptions {
    bool keep_stdio = false;       // foreground: the starter keeps standard input, output and error
    Fd session;                    // the monitor's end of a foreground console
    Fd run_claim;                  // StarterFds::run_claim
    Fd outside;                    // start/outside.h; may be invalid
    Fd subscriber;                 // one that gets every event from the first on
    std::filesystem::path output;  // standard output and error of a starter in the background
};

// A signal to the launching tool ended its wait; the start itself still goes on.
class StartInterrupted : public Error {
public:
    explicit StartInterrupted(int signal);
    [[nodiscard]] int signal() const noexcept { return signal_; }

private:
    int signal_;
};

// Forks the starter (design: it is single-threaded and has a clean descriptor table) and waits until the
// container runs. failed runs after a failed start, before the error is reported: in the starter, or here when a
// signal was pending already.
// socket: the listening command socket. Returns init's pid. Throws Error with the starter's message,
// StateError TimedOut, StartInterrupted.
pid_t launch(StarterInput input, LaunchOptions options, Fd socket,
             const std::function<void(const StartReport&)>& running, const std::function<void()>& failed);

} // namespace lxcpp
