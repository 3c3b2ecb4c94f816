// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace lxcpp::sys {

struct Ready {
    std::uint64_t tag;
    std::uint32_t events; // EPOLL*
};

// Level-triggered epoll(7).
class Epoll {
public:
    Epoll();
    void add(FdRef fd, std::uint32_t events, std::uint64_t tag);
    void modify(FdRef fd, std::uint32_t events, std::uint64_t tag);
    void remove(FdRef fd) noexcept;
    // Number of entries of out that were filled; 0 on time-out. EINTR counts as a time-out of 0
    // entries.
    [[nodiscard]] std::size_t wait(std::span<Ready> out,
                                   std::optional<std::chrono::milliseconds> timeout);

private:
    Fd fd_;
};

// poll(2) of one descriptor for input (POLLIN, or HUP/ERR); false on time-out. No timeout = for
// ever.
[[nodiscard]] bool wait_readable(FdRef fd, std::optional<std::chrono::milliseconds> timeout);

} // namespace lxcpp::sys
