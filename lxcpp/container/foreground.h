// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/container.h>

#include "base/fd.h"
#include "start/launch.h"

#include <filesystem>
#include <optional>

namespace lxcpp {

// The caller's side of a container in the foreground: its terminal is the console until it stops.
class Foreground {
public:
    // Gives the starter the other ends of a console session and of a subscription, so that not even the
    // shortest life goes unseen. own_stdio: the payload has our descriptors that are no terminals.
    Foreground(LaunchOptions& launch, bool own_stdio);
    // Relays until the container stopped. A signal to us (SIGTERM, SIGHUP, ...) goes to a command, and
    // kills a system container. nullopt when the exit status is not known.
    std::optional<Exit> run(const std::filesystem::path& runtime);

private:
    [[nodiscard]] FdRef input() const;
    [[nodiscard]] FdRef output() const;

    Fd session_;
    Fd events_;
    bool own_stdio_;
};

} // namespace lxcpp
