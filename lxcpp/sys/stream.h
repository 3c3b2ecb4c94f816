// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

// Bytes through descriptors that must not block the caller, and poll(2) for those that epoll
// refuses (regular files).
namespace lxcpp::sys {

// Bytes moved, or -errno (-EAGAIN when it would block on a non-blocking descriptor). EINTR is
// retried. try_read: 0 = end of file.
[[nodiscard]] long try_read(FdRef fd, std::span<char> out) noexcept;
[[nodiscard]] long try_write(FdRef fd, std::string_view data) noexcept;
// For sockets: never blocks, never raises SIGPIPE.
[[nodiscard]] long try_send(FdRef socket, std::string_view data) noexcept;

// Memory in use for what the peer of a local socket has not taken yet; 0 when it cannot be told.
[[nodiscard]] long unread_by_peer(FdRef socket) noexcept;

struct PollItem {
    FdRef fd;         // an invalid one is skipped
    short wanted = 0; // POLLIN, POLLOUT
    short ready = 0;  // these, POLLHUP, POLLERR
};

// At most 8 items. False on time-out and on a signal; nothing is ready then. None = for ever.
[[nodiscard]] bool poll_items(std::span<PollItem> items,
                              std::optional<std::chrono::milliseconds> timeout);

} // namespace lxcpp::sys
