// SPDX-License-Identifier: Apache-2.0
#include "sys/raw.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lxcpp::sys::raw {
namespace {

int result(long value) noexcept { return value < 0 ? -errno : static_cast<int>(value); }

// Copies path without leading slashes up to one of its components; -1 when it is too long.
struct PathBuffer {
    char text[4096];
    std::size_t size = 0;
};

const char* relative(const char* path) noexcept {
    while (*path == '/') ++path;
    return *path == '\0' ? "." : path;
}

// Splits "a/b/c" into the directory "a/b" and the leaf "c".
int split_leaf(const char* path, PathBuffer& directory, const char*& leaf) noexcept {
    path = relative(path);
    const char* slash = std::strrchr(path, '/');
    leaf = slash == nullptr ? path : slash + 1;
    directory.size = slash == nullptr ? 1 : static_cast<std::size_t>(slash - path);
    if (directory.size + 1 > sizeof directory.text) return -ENAMETOOLONG;
    std::memcpy(directory.text, slash == nullptr ? "." : path, directory.size);
    directory.text[directory.size] = '\0';
    return 0;
}

int set_option(int context, const std::string& option) noexcept {
    const auto equals = option.find('=');
    if (equals == std::string::npos) {
        return result(::fsconfig(context, FSCONFIG_SET_FLAG, option.c_str(), nullptr, 0));
    }
    char key[128];
    if (equals >= sizeof key) return -EINVAL;
    std::memcpy(key, option.data(), equals);
    key[equals] = '\0';
    return result(::fsconfig(context, FSCONFIG_SET_STRING, key, option.c_str() + equals + 1, 0));
}

int configure(int context, const char* source, std::span<const std::string> options) noexcept {
    if (source != nullptr && *source != '\0') {
        // Pseudo file systems that know no source say EINVAL; the name is decoration there.
        (void)::fsconfig(context, FSCONFIG_SET_STRING, "source", source, 0);
    }
    for (const std::string& option : options) {
        if (const int error = set_option(context, option); error < 0) return error;
    }
    return result(::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
}

} // namespace

int open_in(int root, const char* path, int flags, mode_t mode) noexcept {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    for (int tries = 0; tries < 64; ++tries) {
        const long fd = ::syscall(SYS_openat2, root, relative(path), &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN) return result(fd);
    }
    return -EAGAIN;
}

int open_here(const char* path, int flags) noexcept { return result(::open(path, flags | O_CLOEXEC)); }

int make_dirs_in(int root, const char* path, mode_t mode) noexcept {
    path = relative(path);
    int directory = ::fcntl(root, F_DUPFD_CLOEXEC, 3);
    if (directory < 0) return -errno;
    while (*path != '\0' && std::strcmp(path, ".") != 0) {
        char name[256];
        const std::size_t length = ::strcspn(path, "/");
        int next = -ENAMETOOLONG;
        if (length < sizeof name) {
            std::memcpy(name, path, length);
            name[length] = '\0';
            if (::mkdirat(directory, name, mode) < 0 && errno != EEXIST && errno != EROFS) {
                next = -errno;
            } else {
                next = open_in(directory, name, O_PATH | O_DIRECTORY);
            }
        }
        ::close(directory);
        if (next < 0) return next;
        directory = next;
        path += length;
        while (*path == '/') ++path;
    }
    ::close(directory);
    return 0;
}

namespace {

// Opens the directory of path, making it when needed.
int open_parent(int root, const char* path, const char*& leaf) noexcept {
    PathBuffer directory;
    if (const int error = split_leaf(path, directory, leaf); error < 0) return error;
    const int parent = open_in(root, directory.text, O_PATH | O_DIRECTORY); // mostly it is there
    if (parent != -ENOENT) return parent;
    if (const int error = make_dirs_in(root, directory.text, 0755); error < 0) return error;
    return open_in(root, directory.text, O_PATH | O_DIRECTORY);
}

} // namespace

int make_file_in(int root, const char* path, mode_t mode) noexcept {
    const char* leaf = nullptr;
    const int parent = open_parent(root, path, leaf);
    if (parent < 0) return parent;
    int status = result(::mknodat(parent, leaf, S_IFREG | mode, 0));
    if (status == -EEXIST || status == -EROFS) status = 0;
    ::close(parent);
    return status;
}

int make_link_in(int root, const char* target, const char* path) noexcept {
    const char* leaf = nullptr;
    const int parent = open_parent(root, path, leaf);
    if (parent < 0) return parent;
    int status = result(::symlinkat(target, parent, leaf));
    if (status == -EEXIST) status = 0;
    ::close(parent);
    return status;
}

int make_node_in(int root, const char* path, mode_t mode, dev_t device) noexcept {
    const char* leaf = nullptr;
    const int parent = open_parent(root, path, leaf);
    if (parent < 0) return parent;
    int status = result(::mknodat(parent, leaf, mode, device));
    if (status == 0) status = result(::fchmodat(parent, leaf, mode & 07777, 0)); // umask
    ::close(parent);
    return status;
}

int new_mount(const char* type, const char* source, std::span<const std::string> options,
              std::uint64_t attributes) noexcept {
    const int context = ::fsopen(type, FSOPEN_CLOEXEC);
    if (context < 0) return -errno;
    int status = configure(context, source, options);
    if (status == 0) {
        status = result(::fsmount(context, FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes)));
    }
    ::close(context);
    return status;
}

int mount_over(int directory, const char* type, const char* options) noexcept {
    const int before = open_path(AT_FDCWD, ".");
    if (before < 0) return before;
    int status = result(::fchdir(directory));
    if (status == 0) {
        status = result(::mount(type, ".", type, 0, options));
        const int back = result(::fchdir(before));
        if (status == 0) status = back;
    }
    ::close(before);
    return status;
}

int clone_tree(int directory, const char* path, bool recursive) noexcept {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_NO_AUTOMOUNT;
    if (recursive) flags |= AT_RECURSIVE;
    return result(::open_tree(directory, path, flags));
}

int open_path(int directory, const char* path) noexcept {
    return result(::openat(directory, path, O_PATH | O_CLOEXEC));
}

int change_mount(int mount, std::uint64_t set, std::uint64_t clear, std::uint64_t propagation,
                 bool recursive) noexcept {
    if (set == 0 && clear == 0 && propagation == 0) return 0;
    mount_attr attributes{};
    attributes.attr_set = set;
    attributes.attr_clr = clear;
    attributes.propagation = propagation;
    const unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
    return result(::mount_setattr(mount, "", flags, &attributes, sizeof attributes));
}

int attach_mount(int mount, int target) noexcept {
    return result(::move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

int move_mount_path(const char* source, int target) noexcept {
    return result(::move_mount(AT_FDCWD, source, target, "", MOVE_MOUNT_T_EMPTY_PATH));
}

int detach_mount(int mount) noexcept {
    if (::fchdir(mount) < 0) return -errno;
    return result(::umount2(".", MNT_DETACH));
}

int set_root_propagation(std::uint64_t flags) noexcept {
    return result(::mount(nullptr, "/", nullptr, flags | MS_REC, nullptr));
}

int pivot_to(int root) noexcept {
    if (::fchdir(root) < 0) return -errno;
    if (::syscall(SYS_pivot_root, ".", ".") < 0) return -errno;
    // The old root is now stacked on the new one; the working directory is still below it.
    if (::mount(nullptr, ".", nullptr, MS_SLAVE | MS_REC, nullptr) < 0) return -errno;
    if (::umount2(".", MNT_DETACH) < 0) return -errno;
    return result(::chdir("/"));
}

} // namespace lxcpp::sys::raw
