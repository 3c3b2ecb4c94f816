// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lxcpp {

// net.ipv4.conf.DEVICE.NAME or net.ipv6.conf.DEVICE.NAME, in the caller's network namespace. Throws
// SystemError.
void set_interface_sysctl(int family, const std::string& device, const std::string& name,
                          const std::string& value);
[[nodiscard]] std::string interface_sysctl(int family, const std::string& device,
                                           const std::string& name); // without line end
[[nodiscard]] std::string sysctl_name(int family, const std::string& device,
                                      const std::string& name); // for messages

// The host's end of a pair never takes what a container says about routes: neither that of a bridge, which has a stack
// of its own again when the bridge is gone, nor one without a bridge. Before the container runs anything.
void believe_no_router(const std::string& device);

} // namespace lxcpp
