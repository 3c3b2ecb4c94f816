// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/container.h>

#include "base/fd.h"
#include "container/impl.h"
#include "start/launch.h"
#include "sys/signal.h"

#include <optional>
#include <vector>

namespace lxcpp {

// The caller's side of a container in the foreground: its terminal is the console until it stops.
class Foreground {
public:
    // Gives the starter the other ends of a console session and of a subscription, so that not even the
    // shortest life goes unseen. own_stdio: the payload has our descriptors that are no terminals.
    Foreground(LaunchOptions& launch, bool own_stdio);
    // Relays until the container stopped, through reboots and the deaths of its monitor. A signal to us goes to the
    // container, but SIGTERM, SIGHUP, SIGINT and SIGQUIT kill a system container. It may have come at any time since
    // this object was made. nullopt when the exit status is not known; Error when it ended together with its monitor.
    std::optional<Exit> run(Container& container, const Container::Impl& impl);
    // One that came before and was read by somebody else; run() sends it first.
    void pass_on(int signal) { early_.push_back(signal); }

private:
    [[nodiscard]] FdRef input() const;
    [[nodiscard]] FdRef output() const;
    [[nodiscard]] int for_container(int signal) const;
    [[nodiscard]] bool follow(const Container::Impl& impl);
    [[nodiscard]] std::optional<Exit> end_of_both(const Container& container, const Container::Impl& impl) const;

    sys::SignalFd signals_; // blocked for as long as we live
    std::vector<int> early_;
    std::optional<Running> last_;          // the init that we saw last
    std::optional<MonitorClient> monitor_; // the one that came after the first: session and events are its
    Fd session_;
    Fd events_;
    bool own_stdio_;
};

} // namespace lxcpp
