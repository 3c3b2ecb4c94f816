// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"

#include <string_view>
#include <sys/types.h>

namespace lxcpp {

// The signal that asks init to shut down: lxc.signal.halt, else SIGRTMIN+3 when init catches or blocks it as
// systemd does, else SIGPWR. And for a reboot: lxc.signal.reboot, else SIGRTMIN+5 with systemd (its
// reboot.target, see systemd(1)), else SIGINT. init: pid on the host.
[[nodiscard]] int halt_signal(const Config& config, pid_t init);
[[nodiscard]] int reboot_signal(const Config& config, pid_t init);

// Whether the process of this /proc/PID/status text waits for SIGRTMIN+3.
[[nodiscard]] bool waits_for_systemd_signals(std::string_view status);

} // namespace lxcpp
