// SPDX-License-Identifier: Apache-2.0
#include "sys/file_io.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

namespace lxcpp::sys {

namespace {

void check(int result, std::string_view verb, std::string_view what) {
    if (result < 0) throw SystemError(fmt::format("{} {}", verb, what));
}

} // namespace

std::size_t read_some(FdRef fd, std::span<std::uint8_t> buffer, std::string_view what) {
    std::size_t done = 0;
    while (done < buffer.size()) {
        const ssize_t got = ::read(fd.raw(), buffer.data() + done, buffer.size() - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw SystemError(fmt::format("read {}", what));
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

void seek_to(FdRef fd, std::uint64_t offset, std::string_view what) {
    check(::lseek(fd.raw(), static_cast<off_t>(offset), SEEK_SET) < 0 ? -1 : 0, "seek in", what);
}

std::uint64_t offset_of(FdRef fd, std::string_view what) {
    const auto offset = ::lseek(fd.raw(), 0, SEEK_CUR);
    check(offset < 0 ? -1 : 0, "find the place in", what);
    return static_cast<std::uint64_t>(offset);
}

void truncate_file(FdRef fd, std::uint64_t size, std::string_view what) {
    check(::ftruncate(fd.raw(), static_cast<off_t>(size)), "truncate", what);
}

void fsync_file(FdRef fd, std::string_view what) { check(::fsync(fd.raw()), "fsync", what); }

void sync_filesystem(FdRef fd, std::string_view what) { check(::syncfs(fd.raw()), "syncfs", what); }

bool try_lock_file(FdRef fd, LockKind kind, std::string_view what) {
    struct flock lock = {};
    lock.l_type = kind == LockKind::Shared ? F_RDLCK : F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(fd.raw(), F_OFD_SETLK, &lock) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    throw SystemError(fmt::format("lock {}", what));
}

} // namespace lxcpp::sys
