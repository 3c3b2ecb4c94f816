// SPDX-License-Identifier: Apache-2.0
#include "network/sysctl.h"

#include "base/strings.h"
#include "sys/file.h"

#include <filesystem>
#include <sys/socket.h>

namespace lxcpp {
namespace {

const char* family_name(int family) noexcept {
    return family == AF_INET ? "ipv4" : "ipv6";
}

std::filesystem::path file_of(int family, const std::string& device, const std::string& name) {
    return std::filesystem::path("/proc/sys/net") / family_name(family) / "conf" / device / name;
}

} // namespace

void set_interface_sysctl(int family, const std::string& device, const std::string& name,
                          const std::string& value) {
    sys::write_existing(file_of(family, device, name), value);
}

std::string interface_sysctl(int family, const std::string& device, const std::string& name) {
    const std::string text = sys::read_file(file_of(family, device, name));
    return std::string(trim(text));
}

std::string sysctl_name(int family, const std::string& device, const std::string& name) {
    return std::string("net.") + family_name(family) + ".conf." + device + '.' + name;
}

} // namespace lxcpp
