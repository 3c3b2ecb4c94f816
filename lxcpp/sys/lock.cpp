// SPDX-License-Identifier: Apache-2.0
#include "sys/lock.h"

#include "sys/eintr.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

Fd open_lock_file(const std::filesystem::path& path) {
    constexpr int kFlags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    Fd fd(retry_eintr([&] { return ::open(path.c_str(), kFlags, 0600); }));
    if (!fd.valid()) throw SystemError("open lock file " + path.native());
    return fd;
}

bool try_lock(FdRef fd, bool wait, const std::filesystem::path& path) {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    const int command = wait ? F_OFD_SETLKW : F_OFD_SETLK;
    if (retry_eintr([&] { return ::fcntl(fd.raw(), command, &range); }) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    throw SystemError("lock " + path.native());
}

// False when the file that we locked was unlinked meanwhile: a lock on it excludes nobody.
bool is_still_at(FdRef fd, const std::filesystem::path& path) noexcept {
    struct stat held {};
    struct stat current {};
    if (::fstat(fd.raw(), &held) != 0 || ::lstat(path.c_str(), &current) != 0) return false;
    return held.st_dev == current.st_dev && held.st_ino == current.st_ino;
}

void pause_for(milliseconds time) noexcept {
    const timespec wait{static_cast<time_t>(time.count() / 1000),
                        static_cast<long>(time.count() % 1000) * 1000000};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, nullptr);
}

} // namespace

bool lock_file_within(FdRef file, milliseconds timeout, const std::filesystem::path& path) {
    const auto deadline = Clock::now() + timeout;
    for (milliseconds pause(1); !try_lock(file, false, path); pause = std::min(pause * 2, milliseconds(20))) {
        if (Clock::now() >= deadline) return false;
        pause_for(pause);
    }
    return true;
}

bool is_locked_file(FdRef file) noexcept {
    struct flock range {};
    range.l_type = F_RDLCK;
    range.l_whence = SEEK_SET;
    return ::fcntl(file.raw(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

std::optional<FileLock> FileLock::acquire(const std::filesystem::path& path, milliseconds timeout,
                                          bool remove_on_release) {
    const bool for_ever = timeout == milliseconds::max();
    const auto deadline = for_ever ? Clock::time_point::max() : Clock::now() + timeout;
    // The kernel has no lock call with a time-out: ask again, soon at first, then less often.
    milliseconds pause(1);
    for (Fd fd = open_lock_file(path);;) {
        if (try_lock(fd, for_ever, path)) {
            if (is_still_at(fd, path)) return FileLock(std::move(fd), path, remove_on_release);
            fd = open_lock_file(path);
            continue;
        }
        const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
        if (left <= milliseconds(0)) return std::nullopt;
        pause_for(std::min(pause, left));
        pause = std::min(pause * 2, milliseconds(20));
    }
}

std::optional<FileLock> FileLock::acquire_directory(const std::filesystem::path& path, milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    Fd fd(retry_eintr([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
    if (!fd.valid() && errno == ENOENT) return std::nullopt;
    if (!fd.valid()) throw SystemError("open " + path.native());
    for (;;) {
        if (retry_eintr([&] { return ::flock(fd.raw(), LOCK_EX | LOCK_NB); }) == 0) return FileLock(std::move(fd), path, false);
        if (errno != EWOULDBLOCK) throw SystemError("lock " + path.native());
        if (Clock::now() >= deadline) return std::nullopt;
        pause_for(milliseconds(20));
    }
}

bool try_lock_byte(FdRef file, std::uint64_t offset) {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = static_cast<off_t>(offset);
    range.l_len = 1;
    if (retry_eintr([&] { return ::fcntl(file.raw(), F_OFD_SETLK, &range); }) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    throw SystemError("lock a part of a file");
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    if (this == &other) return *this;
    release();
    fd_ = std::move(other.fd_);
    path_ = std::move(other.path_);
    remove_ = other.remove_;
    return *this;
}

void FileLock::release() noexcept {
    if (!fd_.valid()) return;
    // Only while it is locked, and only if it is ours: the directory may have been replaced.
    if (remove_ && is_still_at(fd_, path_)) ::unlink(path_.c_str());
    fd_.reset();
}

} // namespace lxcpp::sys
