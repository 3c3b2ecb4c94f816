// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

namespace lxcpp {

// A descriptor, or -errno, of the child between clone and exec: closes without a word.
class RawFd {
public:
    explicit RawFd(int fd) noexcept : fd_(fd) {}
    RawFd(const RawFd&) = delete;
    RawFd& operator=(const RawFd&) = delete;
    ~RawFd() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool failed() const noexcept { return fd_ < 0; }

private:
    int fd_;
};

} // namespace lxcpp
