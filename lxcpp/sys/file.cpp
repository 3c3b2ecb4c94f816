// SPDX-License-Identifier: Apache-2.0
#include "sys/file.h"

#include "sys/eintr.h"
#include "sys/replace_file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

bool is_absent(int error) noexcept {
    return error == ENOENT || error == ENOTDIR;
}

int access_flags(Access access) noexcept {
    switch (access) {
    case Access::Read:
        return O_RDONLY;
    case Access::Write:
        return O_WRONLY;
    case Access::ReadWrite:
        return O_RDWR;
    case Access::Append:
        return O_WRONLY | O_APPEND;
    case Access::Path:
        return O_PATH;
    }
    return O_RDONLY;
}

int open_flags(const OpenOptions& options) noexcept {
    int flags = access_flags(options.access) | O_CLOEXEC | O_NOCTTY;
    if (options.create) flags |= O_CREAT;
    if (options.exclusive) flags |= O_EXCL;
    if (options.truncate) flags |= O_TRUNC;
    if (options.directory) flags |= O_DIRECTORY;
    if (!options.follow) flags |= O_NOFOLLOW;
    if (options.nonblock) flags |= O_NONBLOCK;
    return flags;
}

int raw_open(const fs::path& path, const OpenOptions& options) noexcept {
    return retry_eintr([&] { return ::open(path.c_str(), open_flags(options), options.mode); });
}

// A trailing slash would make the kernel follow a link that the caller wants to see.
fs::path without_trailing_slash(const fs::path& path) {
    return path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
}

void check(int result, std::string_view verb, const fs::path& path) {
    if (result != 0) throw SystemError(fmt::format("{} {}", verb, path.native()));
}

void check_private(const fs::path& path) {
    const Fd dir(raw_open(path, {.access = Access::Path, .directory = true, .follow = false}));
    if (!dir.valid()) {
        throw Error(
            fmt::format("{} must be a directory of ours, and it is a link or a file: remove it",
                        path.native()));
    }
    const struct stat info = stat_fd(dir);
    if (info.st_uid != ::geteuid()) {
        throw Error(fmt::format("{} must belong to uid {}, and it belongs to uid {}", path.native(),
                                ::geteuid(), info.st_uid));
    }
    if ((info.st_mode & 0022u) != 0) {
        throw Error(
            fmt::format("{} must not be writable by others (its mode is {:04o}): chmod go-w it",
                        path.native(), info.st_mode & 07777u));
    }
}

} // namespace

Fd open_file(const fs::path& path, const OpenOptions& options) {
    Fd fd(raw_open(path, options));
    if (!fd.valid()) throw SystemError("open " + path.native());
    return fd;
}

std::optional<Fd> try_open_file(const fs::path& path, const OpenOptions& options) {
    Fd fd(raw_open(path, options));
    if (fd.valid()) return fd;
    if (is_absent(errno)) return std::nullopt;
    throw SystemError("open " + path.native());
}

std::string read_file(const fs::path& path, std::size_t limit) {
    return read_all(open_file(path), path.native(), limit);
}

std::optional<std::string> read_file_if_exists(const fs::path& path, std::size_t limit) {
    try {
        const std::optional<Fd> fd = try_open_file(path);
        if (!fd) return std::nullopt;
        return read_all(*fd, path.native(), limit);
    } catch (const SystemError& error) {
        // A file of a process or a cgroup that went away between open and read.
        if (error.code() != ESRCH && error.code() != ENODEV) throw;
        return std::nullopt;
    }
}

std::string read_all(FdRef fd, std::string_view what, std::size_t limit) {
    std::string text(4096, '\0');
    std::size_t used = 0;
    for (;;) {
        const ssize_t count =
            retry_eintr([&] { return ::read(fd.raw(), text.data() + used, text.size() - used); });
        if (count < 0) throw SystemError(fmt::format("read {}", what));
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
        if (used > limit)
            throw Error(fmt::format("read {}: it is larger than {} bytes", what, limit));
        if (used == text.size()) text.resize(text.size() * 2);
    }
    text.resize(used);
    return text;
}

void write_all(FdRef fd, std::string_view data, std::string_view what) {
    while (!data.empty()) {
        const ssize_t count =
            retry_eintr([&] { return ::write(fd.raw(), data.data(), data.size()); });
        if (count < 0) throw SystemError(fmt::format("write {}", what));
        if (count == 0) throw SystemError(fmt::format("write {}", what), EIO);
        data.remove_prefix(static_cast<std::size_t>(count));
    }
}

int try_write_existing(const fs::path& path, std::string_view text) noexcept {
    const Fd fd(raw_open(path, {.access = Access::Write}));
    if (!fd.valid()) return -errno;
    const ssize_t count = retry_eintr([&] { return ::write(fd.raw(), text.data(), text.size()); });
    if (count < 0) return -errno;
    return static_cast<std::size_t>(count) == text.size() ? 0 : -EIO;
}

void write_existing(const fs::path& path, std::string_view text) {
    if (const int result = try_write_existing(path, text); result != 0) {
        throw SystemError("write " + path.native(), -result);
    }
}

namespace {

Fd parent_to_write(const fs::path& path) {
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    Fd dir(raw_open(parent, {.access = Access::Path, .directory = true}));
    if (!dir.valid()) throw SystemError("write " + path.native());
    return dir;
}

} // namespace

void write_file_atomic(const fs::path& path, std::string_view content, mode_t mode) {
    replace_file(parent_to_write(path), path.filename().native(), content, mode, path.native());
}

void write_file_as_it_is(const fs::path& path, std::string_view content, mode_t new_mode) {
    replace_file_as_it_is(parent_to_write(path), path.filename().native(), content, new_mode, path.native());
}

bool exists(const fs::path& path) noexcept {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0;
}

std::optional<struct stat> stat_path(const fs::path& path, bool follow) {
    struct stat info {};
    const int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
    if (::fstatat(AT_FDCWD, path.c_str(), &info, flags) == 0) return info;
    if (is_absent(errno)) return std::nullopt;
    throw SystemError("stat " + path.native());
}

struct stat stat_fd(FdRef fd) {
    struct stat info {};
    if (::fstat(fd.raw(), &info) != 0)
        throw SystemError(fmt::format("stat descriptor {}", fd.raw()));
    return info;
}

long filesystem_magic(FdRef fd) {
    struct statfs info {};
    if (retry_eintr([&] { return ::fstatfs(fd.raw(), &info); }) != 0) {
        throw SystemError(fmt::format("statfs descriptor {}", fd.raw()));
    }
    return static_cast<long>(info.f_type);
}

std::optional<long> filesystem_magic(const std::filesystem::path& path) noexcept {
    struct statfs info{};
    if (::statfs(path.c_str(), &info) != 0) return std::nullopt;
    return static_cast<long>(info.f_type);
}

void make_dirs(const fs::path& path, mode_t mode) {
    const fs::path dir = without_trailing_slash(path);
    if (::mkdir(dir.c_str(), mode) == 0) return;
    if (errno == ENOENT && dir.has_parent_path() && dir.parent_path() != dir) {
        make_dirs(dir.parent_path(), 0755);
        if (::mkdir(dir.c_str(), mode) == 0) return;
    }
    const int error = errno;
    const std::optional<struct stat> info = stat_path(dir);
    if (info && S_ISDIR(info->st_mode)) return;
    throw SystemError("create directory " + dir.native(), error == EEXIST ? ENOTDIR : error);
}

void make_private_dirs(const fs::path& path) {
    const fs::path dir = without_trailing_slash(path);
    make_dirs(dir, 0700);
    check_private(dir);
}

void make_dir(const fs::path& path, mode_t mode) {
    check(::mkdir(path.c_str(), mode), "create directory", path);
}

void remove_file(const fs::path& path) {
    if (::unlink(path.c_str()) != 0 && !is_absent(errno))
        throw SystemError("remove " + path.native());
}

int try_remove_dir(const fs::path& path) noexcept {
    return ::rmdir(path.c_str()) == 0 ? 0 : -errno;
}

void remove_dir(const fs::path& path) {
    if (const int result = try_remove_dir(path); result != 0 && !is_absent(-result)) {
        throw SystemError("remove directory " + path.native(), -result);
    }
}

void rename(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return;
    throw SystemError(fmt::format("rename {} to {}", from.native(), to.native()));
}

void rename_noreplace(const fs::path& from, const fs::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
    throw SystemError(fmt::format("rename {} to {}", from.native(), to.native()));
}

void fsync_dir(const fs::path& path) {
    const Fd dir = open_file(path, {.directory = true});
    check(::fsync(dir.raw()), "sync directory", path);
}

void chown(const fs::path& path, uid_t uid, gid_t gid) {
    check(::fchownat(AT_FDCWD, path.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW), "change the owner of",
          path);
}

bool chown_if_exists(const fs::path& path, uid_t uid, gid_t gid) {
    if (::fchownat(AT_FDCWD, path.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) == 0) return true;
    if (is_absent(errno)) return false;
    throw SystemError("change the owner of " + path.native());
}

void chmod(const fs::path& path, mode_t mode) {
    check(::chmod(path.c_str(), mode), "change the mode of", path);
}

std::optional<std::string> read_link(const fs::path& path) {
    std::string target(256, '\0');
    for (;;) {
        const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
        if (length < 0 && (is_absent(errno) || errno == EINVAL)) return std::nullopt;
        if (length < 0) throw SystemError("read link " + path.native());
        if (static_cast<std::size_t>(length) < target.size()) {
            target.resize(static_cast<std::size_t>(length));
            return target;
        }
        target.resize(target.size() * 2);
    }
}

std::string fd_path(FdRef fd) {
    return fmt::format("/proc/self/fd/{}", fd.raw());
}

} // namespace lxcpp::sys
