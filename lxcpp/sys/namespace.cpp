// SPDX-License-Identifier: Apache-2.0
#include "sys/namespace.h"

#include "sys/clone.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/pipe.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <csignal>
#include <cerrno>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

// Does nothing until the parent closes its end (or dies), which ends it.
[[noreturn]] void hold_namespace(int pipe_read, int pipe_write) noexcept {
    ::close(pipe_write);
    char byte = 0;
    while (::read(pipe_read, &byte, 1) < 0 && errno == EINTR) {
    }
    ::_exit(0);
}

void write_gid_map(const std::string& process, const std::string& map) {
    const int result = try_write_existing(process + "/gid_map", map);
    if (result == 0) return;
    if (result != -EPERM) throw SystemError("write " + process + "/gid_map", -result);
    // Without CAP_SETGID outside only a namespace that cannot drop groups may be mapped.
    write_existing(process + "/setgroups", "deny");
    write_existing(process + "/gid_map", map);
}

void write_own_maps(pid_t pid, const std::string& uid_map, const std::string& gid_map) {
    const std::string process = fmt::format("/proc/{}", pid);
    write_existing(process + "/uid_map", uid_map);
    write_gid_map(process, gid_map);
}

} // namespace

constexpr std::array<NamespaceType, 8> kNamespaces{{
    {"user", "USER", CLONE_NEWUSER},
    {"mnt", "MOUNT", CLONE_NEWNS},
    {"pid", "PID", CLONE_NEWPID},
    {"uts", "UTSNAME", CLONE_NEWUTS},
    {"ipc", "IPC", CLONE_NEWIPC},
    {"net", "NETWORK", CLONE_NEWNET},
    {"cgroup", "CGROUP", CLONE_NEWCGROUP},
    {"time", "TIME", CLONE_NEWTIME},
}};

const NamespaceType* find_namespace(std::string_view name) noexcept {
    for (const NamespaceType& type : kNamespaces) {
        if (type.name == name) return &type;
    }
    return nullptr;
}

std::optional<Fd> open_namespace(pid_t pid, std::string_view name) {
    return try_open_file(fmt::format("/proc/{}/ns/{}", pid, name));
}

void enter_namespace(FdRef fd, std::uint64_t flags) {
    if (::setns(fd.raw(), static_cast<int>(flags)) != 0) throw SystemError("enter a namespace");
}

namespace {

std::optional<Fd> related_namespace(FdRef fd, unsigned long which) {
    Fd related(::ioctl(fd.raw(), which));
    if (related.valid()) return related;
    if (errno == EPERM) return std::nullopt;
    throw SystemError("find the user namespace of a namespace");
}

} // namespace

// A device could take the request for another one.
bool is_namespace(FdRef fd, std::uint64_t flag) {
    return filesystem_magic(fd) == NSFS_MAGIC &&
           ::ioctl(fd.raw(), NS_GET_NSTYPE) == static_cast<int>(flag);
}

bool is_same_namespace(FdRef one, FdRef other) {
    const struct stat left = stat_fd(one);
    const struct stat right = stat_fd(other);
    return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

std::optional<Fd> user_namespace_of(FdRef of_another_kind) {
    return related_namespace(of_another_kind, NS_GET_USERNS);
}

std::optional<Fd> user_namespace_around(FdRef user_namespace) {
    return related_namespace(user_namespace, NS_GET_PARENT);
}

void unshare_namespaces(std::uint64_t flags) {
    if (::unshare(static_cast<int>(flags)) != 0) throw SystemError("create namespaces");
}

Fd make_user_namespace(const std::string& uid_map, const std::string& gid_map) {
    return make_user_namespace([&](pid_t pid) { write_own_maps(pid, uid_map, gid_map); });
}

Fd make_user_namespace(const std::function<void(pid_t)>& write_maps) {
    auto [read_end, write_end] = make_pipe();
    const Cloned holder = clone_process({.flags = CLONE_NEWUSER});
    if (holder.pid == 0) hold_namespace(read_end.raw(), write_end.raw());
    try {
        write_maps(holder.pid);
        Fd result = open_file(fmt::format("/proc/{}/ns/user", holder.pid));
        write_end.reset();
        static_cast<void>(reap(holder.pidfd));
        return result;
    } catch (Error& error) {
        write_end.reset();
        static_cast<void>(reap(holder.pidfd));
        error.add_context("create a user namespace");
        throw;
    }
}

} // namespace lxcpp::sys
