// SPDX-License-Identifier: Apache-2.0
#include "sys/mount.h"

#include "base/strings.h"
#include "sys/namespace.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

// The file system's own words about the last failure ("e tmpfs: Bad value for 'size'"), if any.
std::string kernel_message(FdRef context) {
    std::array<char, 1024> buffer;
    std::string text;
    for (ssize_t size; (size = ::read(context.raw(), buffer.data(), buffer.size())) > 0;) {
        const auto line = trim(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
        text += fmt::format("{}{}", text.empty() ? " (" : "; ", line.substr(line.find(' ') + 1));
    }
    if (!text.empty()) text += ')';
    return text;
}

[[noreturn]] void fail(FdRef context, const std::string& type, const std::string& what) {
    const int error = errno;
    throw SystemError(fmt::format("mount {}: {}{}", type, what, kernel_message(context)), error);
}

void set_option(FdRef context, const std::string& type, const std::string& option) {
    const std::size_t equals = option.find('=');
    const std::string name = option.substr(0, equals);
    const bool has_value = equals != std::string::npos;
    const std::string value = has_value ? option.substr(equals + 1) : "";
    const int result =
        has_value ? ::fsconfig(context.raw(), FSCONFIG_SET_STRING, name.c_str(), value.c_str(), 0)
                  : ::fsconfig(context.raw(), FSCONFIG_SET_FLAG, name.c_str(), nullptr, 0);
    if (result != 0) fail(context, type, "option " + option);
}

Fd open_tree(int dir, const char* path, unsigned flags, bool recursive, const std::string& what) {
    flags |= OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0u);
    Fd fd(::open_tree(dir, path, flags));
    if (!fd.valid()) throw SystemError("clone the mount " + what);
    return fd;
}

void change(FdRef tree, mount_attr attributes, bool recursive, const char* verb) {
    const unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u);
    if (::mount_setattr(tree.raw(), "", flags, &attributes, sizeof attributes) != 0) {
        throw SystemError(verb);
    }
}

} // namespace

MountTree MountTree::create(const std::string& type, const std::string& source,
                            const std::vector<std::string>& options, std::uint64_t attributes) {
    const Fd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
    if (!context.valid()) throw SystemError("mount " + type);
    if (!source.empty()) set_option(context, type, "source=" + source);
    for (const std::string& option : options) set_option(context, type, option);
    if (::fsconfig(context.raw(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
        fail(context, type, source.empty() ? "create" : source);
    }
    Fd fd(::fsmount(context.raw(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes)));
    if (!fd.valid()) fail(context, type, source.empty() ? "create" : source);
    return MountTree(std::move(fd));
}

MountTree MountTree::clone(const std::filesystem::path& path, bool recursive) {
    return MountTree(open_tree(AT_FDCWD, path.c_str(), 0, recursive, path.native()));
}

MountTree MountTree::clone_fd(FdRef fd, bool recursive) {
    return MountTree(open_tree(fd.raw(), "", AT_EMPTY_PATH, recursive, "of a descriptor"));
}

void MountTree::set_attributes(std::uint64_t set, std::uint64_t clear, bool recursive) {
    mount_attr attributes{};
    attributes.attr_set = set;
    attributes.attr_clr = clear;
    change(fd_, attributes, recursive, "set mount attributes");
}

void MountTree::idmap(FdRef user_namespace, bool recursive) {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_IDMAP;
    attributes.userns_fd = static_cast<std::uint64_t>(user_namespace.raw());
    change(fd_, attributes, recursive, "map the ids of a mount");
}

void MountTree::attach(const std::filesystem::path& target) const {
    if (::move_mount(fd_.raw(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
        throw SystemError("mount on " + target.native());
    }
}

void MountTree::attach_fd(FdRef target) const {
    constexpr unsigned kFlags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
    if (::move_mount(fd_.raw(), "", target.raw(), "", kFlags) != 0) {
        throw SystemError("mount on a descriptor");
    }
}

bool can_idmap(const std::filesystem::path& path) {
    MountTree tree = MountTree::clone(path);
    const Fd user_namespace = make_user_namespace("0 0 1", "0 0 1");
    try {
        tree.idmap(user_namespace);
        return true;
    } catch (const SystemError& error) {
        const int code = error.code();
        if (code == EINVAL || code == EPERM || code == EOPNOTSUPP || code == ENOSYS) return false;
        throw;
    }
}

void make_mounts_private() {
    for (const unsigned long how : {MS_SLAVE, MS_PRIVATE}) {
        if (::mount(nullptr, "/", nullptr, MS_REC | how, nullptr) != 0) {
            throw SystemError("make the mounts of this namespace private");
        }
    }
}

void unmount(const std::filesystem::path& target, bool detach) {
    if (::umount2(target.c_str(), UMOUNT_NOFOLLOW | (detach ? MNT_DETACH : 0)) != 0) {
        throw SystemError("unmount " + target.native());
    }
}

} // namespace lxcpp::sys
