// SPDX-License-Identifier: Apache-2.0
#include "sys/epoll.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <poll.h>
#include <sys/epoll.h>

namespace lxcpp::sys {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

int poll_time(std::optional<milliseconds> timeout) noexcept {
    if (!timeout) return -1;
    constexpr milliseconds::rep kMax = std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp<milliseconds::rep>(timeout->count(), 0, kMax));
}

void control(FdRef epoll, int operation, FdRef fd, std::uint32_t events, std::uint64_t tag,
             const char* verb) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag;
    if (::epoll_ctl(epoll.raw(), operation, fd.raw(), &event) != 0) throw SystemError(verb);
}

} // namespace

Epoll::Epoll() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!fd_.valid()) throw SystemError("create an epoll instance");
}

void Epoll::add(FdRef fd, std::uint32_t events, std::uint64_t tag) {
    control(fd_, EPOLL_CTL_ADD, fd, events, tag, "watch a descriptor");
}

void Epoll::modify(FdRef fd, std::uint32_t events, std::uint64_t tag) {
    control(fd_, EPOLL_CTL_MOD, fd, events, tag, "change what is watched of a descriptor");
}

void Epoll::remove(FdRef fd) noexcept {
    ::epoll_ctl(fd_.raw(), EPOLL_CTL_DEL, fd.raw(), nullptr);
}

std::size_t Epoll::wait(std::span<Ready> out, std::optional<milliseconds> timeout) {
    std::array<epoll_event, 64> events;
    const int room = static_cast<int>(std::min(out.size(), events.size()));
    const int count = ::epoll_wait(fd_.raw(), events.data(), room, poll_time(timeout));
    if (count < 0 && errno == EINTR) return 0;
    if (count < 0) throw SystemError("wait for events");
    for (int i = 0; i < count; ++i) {
        const auto index = static_cast<std::size_t>(i);
        out[index] = {events[index].data.u64, events[index].events};
    }
    return static_cast<std::size_t>(count);
}

bool wait_readable(FdRef fd, std::optional<milliseconds> timeout) {
    const auto start = Clock::now();
    std::optional<milliseconds> left = timeout;
    for (;;) {
        pollfd entry{fd.raw(), POLLIN, 0};
        const int count = ::poll(&entry, 1, poll_time(left));
        if (count > 0) {
            if ((entry.revents & POLLNVAL) != 0) throw SystemError("wait for a descriptor", EBADF);
            return true;
        }
        if (count < 0 && errno != EINTR) throw SystemError("wait for a descriptor");
        if (timeout) left = *timeout - std::chrono::floor<milliseconds>(Clock::now() - start);
        if (left && left->count() <= 0) return false;
    }
}

} // namespace lxcpp::sys
