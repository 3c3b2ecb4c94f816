// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace lxcpp {

// A file descriptor that somebody else owns. raw() is for sys/ only.
class FdRef {
public:
    constexpr FdRef() noexcept = default;
    constexpr explicit FdRef(int fd) noexcept : fd_(fd) {}
    [[nodiscard]] constexpr int raw() const noexcept { return fd_; }
    [[nodiscard]] constexpr bool valid() const noexcept { return fd_ >= 0; }

private:
    int fd_ = -1;
};

// Owns one file descriptor and closes it. Move-only; an empty one is valid to hold.
class Fd {
public:
    constexpr Fd() noexcept = default;
    constexpr explicit Fd(int fd) noexcept : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) reset(std::exchange(other.fd_, -1));
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    void reset(int fd = -1) noexcept; // keeps errno
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    [[nodiscard]] int raw() const noexcept { return fd_; }
    [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
    // NOLINTNEXTLINE(google-explicit-constructor): borrowing is what every call wants
    operator FdRef() const noexcept { return FdRef(fd_); }

private:
    int fd_ = -1;
};

} // namespace lxcpp
