// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lxcpp::sys {

struct PeerCredentials {
    int pid;
    unsigned uid;
    unsigned gid;
};

struct Packet {
    std::string data;
    std::vector<Fd> fds;
    bool closed = false; // the peer closed and nothing is left
};

// AF_UNIX SOCK_SEQPACKET, CLOEXEC. Path lengths are not limited to 108 bytes: the directory is
// opened and addressed through /proc/self/fd. A listener does not block and has mode 0600; what
// connects waits at most 5 s for a place in the queue and for each packet to be taken (EAGAIN).
[[nodiscard]] std::pair<Fd, Fd> socket_pair(); // SEQPACKET
[[nodiscard]] std::pair<Fd, Fd> stream_pair(); // STREAM
// Replaces the file of a listener that is gone; SystemError EADDRINUSE when somebody listens there.
[[nodiscard]] Fd listen_at(const std::filesystem::path& path, int backlog = 64);
[[nodiscard]] std::optional<Fd>
connect_to(const std::filesystem::path& path); // nullopt: nobody there
// nullopt: nobody waits. nonblock is for the new socket.
[[nodiscard]] std::optional<Fd> accept_from(FdRef listener, bool nonblock = true);
[[nodiscard]] PeerCredentials peer_credentials(FdRef socket);

// Sends one packet with up to 16 descriptors; throws SystemError (EPIPE, EAGAIN, ...).
// MSG_NOSIGNAL.
void send_packet(FdRef socket, std::string_view data, std::span<const FdRef> fds = {});
// 0 or -errno.
[[nodiscard]] int try_send_packet(FdRef socket, std::string_view data,
                                  std::span<const FdRef> fds = {}) noexcept;
// Waits up to timeout (none = for ever). nullopt on time-out. Descriptors arrive CLOEXEC. Throws
// Error for a packet larger than limit or with more than 16 descriptors.
[[nodiscard]] std::optional<Packet>
receive_packet(FdRef socket, std::size_t limit = 65536,
               std::optional<std::chrono::milliseconds> timeout = {});

} // namespace lxcpp::sys
