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

} // namespace lxcpp
