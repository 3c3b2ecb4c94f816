// SPDX-License-Identifier: Apache-2.0
#include "sys/fd_table.h"

#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace lxcpp::sys {
namespace {

constexpr unsigned kFirstCloseable = 3;

// glibc's close_range(2) wrapper is younger than the kernels and C libraries we build on.
void close_span(unsigned first, unsigned last) {
    if (first > last) return;
    if (::syscall(SYS_close_range, first, last, 0u) != 0) throw SystemError("close_range");
}

std::string label(const char* verb, FdRef fd) {
    return std::string(verb) + " descriptor " + std::to_string(fd.raw());
}

} // namespace

bool is_open(FdRef fd) noexcept { return fd.valid() && ::fcntl(fd.raw(), F_GETFD) >= 0; }

int try_set_inheritable(FdRef fd, bool inherit) noexcept {
    return ::fcntl(fd.raw(), F_SETFD, inherit ? 0 : FD_CLOEXEC) == 0 ? 0 : -errno;
}

void set_inheritable(FdRef fd, bool inherit) {
    if (const int result = try_set_inheritable(fd, inherit); result < 0) {
        throw SystemError(label("change inheritance of", fd), -result);
    }
}

Fd duplicate(FdRef fd) {
    Fd copy(::fcntl(fd.raw(), F_DUPFD_CLOEXEC, static_cast<int>(kFirstCloseable)));
    if (!copy.valid()) throw SystemError(label("duplicate", fd));
    return copy;
}

void set_nonblocking(FdRef fd, bool nonblocking) {
    const int flags = ::fcntl(fd.raw(), F_GETFL);
    if (flags < 0) throw SystemError(label("read flags of", fd));
    const int wanted = nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (wanted != flags && ::fcntl(fd.raw(), F_SETFL, wanted) != 0) {
        throw SystemError(label("change flags of", fd));
    }
}

void close_all_except(std::span<const FdRef> keep) {
    std::vector<unsigned> numbers;
    for (const FdRef fd : keep) {
        if (fd.raw() >= static_cast<int>(kFirstCloseable)) {
            numbers.push_back(static_cast<unsigned>(fd.raw()));
        }
    }
    std::sort(numbers.begin(), numbers.end());
    unsigned first = kFirstCloseable;
    for (const unsigned number : numbers) {
        if (number > first) close_span(first, number - 1);
        first = std::max(first, number + 1);
    }
    close_span(first, ~0u);
}

void null_standard_fds() {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (null < 0) throw SystemError("open /dev/null");
    // dup2 onto itself keeps CLOEXEC; then null is one of the three and stays.
    for (int number = 0; number < static_cast<int>(kFirstCloseable); ++number) {
        if (number == null) {
            ::fcntl(null, F_SETFD, 0);
        } else if (::dup2(null, number) < 0) {
            throw SystemError("put /dev/null on descriptor " + std::to_string(number));
        }
    }
    if (null >= static_cast<int>(kFirstCloseable)) ::close(null);
}

void fill_standard_fds() {
    for (int number = 0; number < static_cast<int>(kFirstCloseable); ++number) {
        // The lowest free number is this one: those below are open.
        if (!is_open(FdRef(number)) && ::open("/dev/null", O_RDWR | O_NOCTTY) < 0) throw SystemError("open /dev/null");
    }
}

} // namespace lxcpp::sys
