// SPDX-License-Identifier: Apache-2.0
#include "sys/listen_probe.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>

namespace lxcpp::sys {
namespace {

// The length of the address; 0 when it is none.
socklen_t fill(const ListenAddress& where, sockaddr_storage& out) noexcept {
    if (where.family == AF_INET) {
        auto& address = reinterpret_cast<sockaddr_in&>(out);
        address.sin_family = AF_INET;
        address.sin_port = htons(where.port);
        const bool fine = where.address.empty() ||
                          ::inet_pton(AF_INET, where.address.c_str(), &address.sin_addr) == 1;
        return fine ? sizeof address : 0;
    }
    auto& address = reinterpret_cast<sockaddr_in6&>(out);
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(where.port);
    const bool fine = where.address.empty() ||
                      ::inet_pton(AF_INET6, where.address.c_str(), &address.sin6_addr) == 1;
    return fine ? sizeof address : 0;
}

} // namespace

int try_listen(const ListenAddress& where) noexcept {
    const Fd socket(
        ::socket(where.family, (where.udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return -errno;
    const int on = 1;
    if (where.family == AF_INET6)
        ::setsockopt(socket.raw(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    // Connections of an earlier run that are not quite over do not keep anybody from listening.
    if (!where.udp) ::setsockopt(socket.raw(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_storage address{};
    const socklen_t size = fill(where, address);
    if (size == 0) return -EINVAL;
    if (::bind(socket.raw(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return -errno;
    if (!where.udp && ::listen(socket.raw(), 1) != 0) return -errno;
    return 0;
}

} // namespace lxcpp::sys
