// SPDX-License-Identifier: Apache-2.0
#include "network/sysctl.h"

#include "base/strings.h"
#include "sys/file.h"

#include <filesystem>
#include <sys/socket.h>
#include <utility>

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

void believe_no_router(const std::string& device) {
    for (const auto& [family, name] : {std::pair(AF_INET6, "accept_ra"), std::pair(AF_INET6, "autoconf"),
                                       std::pair(AF_INET6, "accept_redirects"), std::pair(AF_INET, "accept_redirects")}) {
        const std::filesystem::path file = file_of(family, device, name);
        if (sys::exists(file)) sys::write_existing(file, "0"); // a kernel without IPv6 has none
    }
}

std::string sysctl_name(int family, const std::string& device, const std::string& name) {
    return std::string("net.") + family_name(family) + ".conf." + device + '.' + name;
}

} // namespace lxcpp
