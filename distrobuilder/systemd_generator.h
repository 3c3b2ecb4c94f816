// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lxcpp::distro {

// A generator of systemd.generator(7), for POSIX shells. In a container of LXC or Incus (container=lxc in the environment of
// process 1; anywhere else it does nothing) it writes, below /run, drop-ins that relax what needs rights over the
// machine, and masks units that mean nothing there. An administrator's /etc/systemd/system goes before.
[[nodiscard]] std::string_view systemd_generator_script() noexcept;

} // namespace lxcpp::distro
