// SPDX-License-Identifier: Apache-2.0
#include "sys/raw.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Paths below a root that resolve as they do for a program whose "/" it is.
namespace lxcpp::sys::raw {
namespace {

constexpr int kMostLinks = 40;

struct Path {
    char text[4096];
};

int open_in_root(int root, const char* path, int flags) noexcept {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags) | O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    for (int tries = 0; tries < 64; ++tries) {
        const long fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
        if (fd >= 0) return static_cast<int>(fd);
        if (errno != EAGAIN) return -errno;
    }
    return -EAGAIN;
}

bool copy(Path& path, const char* text) noexcept {
    const std::size_t size = std::strlen(text);
    if (size + 1 > sizeof path.text) return false;
    std::memcpy(path.text, text, size + 1);
    return true;
}

// The directory in which path's last component is, made with those above it; leaf is that component.
int open_parent(int root, Path& path, const char*& leaf) noexcept {
    int parent = open_in_root(root, ".", O_DIRECTORY);
    char* name = path.text;
    for (char* slash = nullptr; parent >= 0 && (slash = std::strchr(name, '/')) != nullptr; name = slash + 1) {
        *slash = '\0';
        int next = open_in_root(root, path.text[0] == '\0' ? "." : path.text, O_DIRECTORY);
        if (next == -ENOENT && (::mkdirat(parent, name, 0755) == 0 || errno == EEXIST)) {
            next = open_in_root(root, path.text, O_DIRECTORY);
        }
        *slash = '/';
        ::close(parent);
        parent = next;
    }
    leaf = name;
    return parent;
}

int make_last(int root, Path& path, bool directory) noexcept {
    const char* leaf = nullptr;
    const int parent = open_parent(root, path, leaf);
    if (parent < 0) return parent;
    const int made = directory ? ::mkdirat(parent, leaf, 0755) : ::mknodat(parent, leaf, S_IFREG | 0644, 0);
    const int error = made < 0 && errno != EEXIST ? -errno : 0;
    ::close(parent);
    return error;
}

// path becomes where the link points to.
int follow(int link, Path& path) noexcept {
    Path target;
    const ssize_t size = ::readlinkat(link, "", target.text, sizeof target.text - 1);
    if (size < 0) return -errno;
    target.text[size] = '\0';
    char* slash = std::strrchr(path.text, '/');
    if (target.text[0] == '/' || slash == nullptr) return copy(path, target.text) ? 0 : -ENAMETOOLONG;
    const std::size_t kept = static_cast<std::size_t>(slash - path.text) + 1;
    if (kept + static_cast<std::size_t>(size) + 1 > sizeof path.text) return -ENAMETOOLONG;
    std::memcpy(path.text + kept, target.text, static_cast<std::size_t>(size) + 1);
    return 0;
}

bool is_link(int fd) noexcept {
    struct stat info{};
    return ::fstat(fd, &info) == 0 && S_ISLNK(info.st_mode);
}

} // namespace

int open_following(int root, const char* path, bool directory, bool make) noexcept {
    Path current;
    if (!copy(current, path)) return -ENAMETOOLONG;
    for (int links = 0; links <= kMostLinks; ++links) {
        int fd = open_in_root(root, current.text, O_NOFOLLOW);
        if (fd == -ENOENT && make) {
            if (const int error = make_last(root, current, directory); error < 0) return error;
            fd = open_in_root(root, current.text, O_NOFOLLOW);
        }
        if (fd < 0 || !is_link(fd)) return fd;
        const int error = follow(fd, current);
        ::close(fd);
        if (error < 0) return error;
    }
    return -ELOOP;
}

} // namespace lxcpp::sys::raw
