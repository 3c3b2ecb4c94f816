// SPDX-License-Identifier: Apache-2.0
#include "sys/stream.h"

#include "base/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

template <typename Call>
long retry(Call call) noexcept {
    for (;;) {
        const ssize_t result = call();
        if (result >= 0) return result;
        if (errno != EINTR) return -errno;
    }
}

int poll_timeout(std::optional<std::chrono::milliseconds> timeout) {
    if (!timeout) return -1;
    return static_cast<int>(
        std::clamp<long long>(timeout->count(), 0, std::numeric_limits<int>::max()));
}

} // namespace

long try_read(FdRef fd, std::span<char> out) noexcept {
    return retry([&] { return ::read(fd.raw(), out.data(), out.size()); });
}

long try_write(FdRef fd, std::string_view data) noexcept {
    return retry([&] { return ::write(fd.raw(), data.data(), data.size()); });
}

long try_send(FdRef socket, std::string_view data) noexcept {
    const long sent = retry([&] {
        return ::send(socket.raw(), data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    });
    return sent == -ENOTSOCK ? try_write(socket, data) : sent; // a device as the console
}

long unread_by_peer(FdRef socket) noexcept {
    int bytes = 0;
    return ::ioctl(socket.raw(), SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

bool poll_items(std::span<PollItem> items, std::optional<std::chrono::milliseconds> timeout) {
    std::array<pollfd, 8> polls{};
    if (items.size() > polls.size()) throw Error("poll: more than 8 descriptors");
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i].ready = 0;
        polls[i] = {items[i].fd.raw(), items[i].wanted, 0};
    }
    const int count = ::poll(polls.data(), items.size(), poll_timeout(timeout));
    if (count < 0 && errno != EINTR) throw SystemError("poll");
    if (count <= 0) return false;
    for (std::size_t i = 0; i < items.size(); ++i) items[i].ready = polls[i].revents;
    return true;
}

} // namespace lxcpp::sys
