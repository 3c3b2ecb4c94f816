// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lxcpp {

// lxcpp.container.conf(5) as roff: the file format, then every row of the key table.
[[nodiscard]] std::string container_conf_man_page();

// lxcpp.conf(5), from the table of the host's settings.
[[nodiscard]] std::string system_conf_man_page();

// lxcpp-net.conf(5), from the table of the managed bridge's settings.
[[nodiscard]] std::string net_conf_man_page();

} // namespace lxcpp
