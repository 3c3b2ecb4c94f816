// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/container.h>

#include "base/fd.h"
#include "start/launch.h"
#include "sys/signal.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace lxcpp {

// The caller's side of a container in the foreground: its terminal is the console until it stops.
class Foreground {
public:
    // Gives the starter the other ends of a console session and of a subscription, so that not even the
    // shortest life goes unseen. own_stdio: the payload has our descriptors that are no terminals.
    Foreground(LaunchOptions& launch, bool own_stdio);
    // Relays until the container stopped. A signal to us goes to the container, but SIGTERM, SIGHUP, SIGINT and SIGQUIT
    // kill a system container. It may have come at any time since this object was made. nullopt when the exit status is
    // not known.
    std::optional<Exit> run(const std::filesystem::path& runtime);
    // One that came before and was read by somebody else; run() sends it first.
    void pass_on(int signal) { early_.push_back(signal); }

private:
    [[nodiscard]] FdRef input() const;
    [[nodiscard]] FdRef output() const;
    [[nodiscard]] int for_container(int signal) const;

    sys::SignalFd signals_; // blocked for as long as we live
    std::vector<int> early_;
    Fd session_;
    Fd events_;
    bool own_stdio_;
};

} // namespace lxcpp
