// SPDX-License-Identifier: Apache-2.0
#include "sys/datagram.h"

#include "base/fd.h"
#include "sys/eintr.h"

#include <lxcpp/error.h>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace lxcpp::sys {

void send_by_interface(const std::string& interface, std::uint32_t address, std::uint16_t port,
                       std::string_view bytes) {
    const auto what = [&] { return fmt::format("send a packet by {}", interface); };
    const Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd.valid()) throw SystemError("open a UDP socket");
    // The kernel takes what is for itself by the loopback device, and remembers what was bound to.
    if (::setsockopt(fd.raw(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                     static_cast<socklen_t>(interface.size())) != 0)
        throw SystemError(what());
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(address);
    const ssize_t sent = retry_eintr([&] {
        return ::sendto(fd.raw(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                        reinterpret_cast<const sockaddr*>(&to), sizeof to);
    });
    if (sent != static_cast<ssize_t>(bytes.size())) throw SystemError(what());
}

} // namespace lxcpp::sys
