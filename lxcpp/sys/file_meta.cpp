// SPDX-License-Identifier: Apache-2.0
#include "sys/file_meta.h"

#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cerrno>
#include <fmt/core.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

void check(int result, std::string_view verb, std::string_view what) {
    if (result != 0) throw SystemError(fmt::format("{} {}", verb, what));
}

bool unsupported(int error) noexcept { return error == ENOTSUP || error == ENODATA || error == EPERM; }

void copy_through_memory(FdRef from, FdRef to, std::uint64_t offset, std::string_view what) {
    std::vector<char> buffer(256u << 10);
    while (const auto count = read_at(from, buffer, offset, what)) {
        write_all(to, {buffer.data(), count}, what);
        offset += count;
    }
}

} // namespace

std::size_t read_at(FdRef fd, std::span<char> into, std::uint64_t offset, std::string_view what) {
    for (;;) {
        const auto count = ::pread(fd.raw(), into.data(), into.size(), static_cast<off_t>(offset));
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) throw SystemError(fmt::format("read {}", what));
    }
}

void write_at(FdRef fd, std::string_view data, std::uint64_t offset, std::string_view what) {
    while (!data.empty()) {
        const auto count = ::pwrite(fd.raw(), data.data(), data.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw SystemError(fmt::format("write {}", what));
        data.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
}

void set_owner(FdRef fd, uid_t uid, gid_t gid, std::string_view what) {
    check(::fchown(fd.raw(), uid, gid), "set the owner of", what);
}

void set_mode(FdRef fd, mode_t mode, std::string_view what) {
    check(::fchmod(fd.raw(), mode), "set the mode of", what);
}

void set_mtime(FdRef fd, timespec mtime, std::string_view what) {
    const timespec times[2] = {mtime, mtime};
    check(::futimens(fd.raw(), times), "set the time of", what);
}

void set_xattr(FdRef fd, const std::string& name, std::string_view value, std::string_view what) {
    const int result = ::fsetxattr(fd.raw(), name.c_str(), value.data(), value.size(), 0);
    check(result, fmt::format("set the attribute {} of", name), what);
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> data_extents(FdRef fd, std::uint64_t size,
                                                                  std::string_view what) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> extents;
    const auto end = static_cast<off_t>(size);
    for (off_t at = 0; at < end;) {
        const off_t data = ::lseek(fd.raw(), at, SEEK_DATA);
        if (data < 0 && errno == ENXIO) break; // a hole up to the end
        if (data < 0 && errno == EINVAL) return {{0, size}};
        if (data < 0) throw SystemError(fmt::format("find the data of {}", what));
        if (data >= end) break;
        off_t hole = ::lseek(fd.raw(), data, SEEK_HOLE);
        if (hole < 0) throw SystemError(fmt::format("find the holes of {}", what));
        hole = std::min(hole, end);
        extents.emplace_back(data, hole - data);
        at = hole;
    }
    return extents;
}

std::vector<std::pair<std::string, std::string>> read_xattrs(FdRef fd, std::string_view what) {
    const auto length = ::flistxattr(fd.raw(), nullptr, 0);
    if (length == 0 || (length < 0 && unsupported(errno))) return {};
    std::string names(static_cast<std::size_t>(std::max<ssize_t>(length, 0)), '\0');
    const auto got = length < 0 ? length : ::flistxattr(fd.raw(), names.data(), names.size());
    if (got < 0) throw SystemError(fmt::format("list the attributes of {}", what));
    names.resize(static_cast<std::size_t>(got));
    std::vector<std::pair<std::string, std::string>> result;
    std::string value(64u << 10, '\0'); // XATTR_SIZE_MAX
    for (std::size_t start = 0; start < names.size(); start = names.find('\0', start) + 1) {
        const char* name = names.c_str() + start;
        const auto size = ::fgetxattr(fd.raw(), name, value.data(), value.size());
        if (size < 0 && unsupported(errno)) continue; // e.g. trusted.* without the right to it
        if (size < 0) throw SystemError(fmt::format("read the attribute {} of {}", name, what));
        result.emplace_back(name, value.substr(0, static_cast<std::size_t>(size)));
    }
    return result;
}

void copy_content(FdRef from, FdRef to, std::uint64_t size, std::string_view what) {
    if (size == 0 || ::ioctl(to.raw(), FICLONE, from.raw()) == 0) return;
    std::uint64_t done = 0;
    while (done < size) {
        const auto count = ::copy_file_range(from.raw(), nullptr, to.raw(), nullptr, size - done, 0);
        if (count > 0) {
            done += static_cast<std::uint64_t>(count);
        } else if (count == 0 || errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP ||
                   errno == ENOSYS) {
            return copy_through_memory(from, to, done, what);
        } else if (errno != EINTR) {
            throw SystemError(fmt::format("copy {}", what));
        }
    }
}

} // namespace lxcpp::sys
