// SPDX-License-Identifier: Apache-2.0
#include "sys/own_namespace.h"

#include "base/strings.h"
#include "sys/eintr.h"
#include "sys/file.h"
#include "sys/namespace.h"
#include "sys/raw.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <fmt/core.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace lxcpp::sys {

bool in_own_namespace() {
    if (::geteuid() != kOwnUserInside) return false; // nearly always all that is to be asked
    const std::string map = read_file("/proc/self/uid_map");
    for (const std::string_view line : split_lines(map)) {
        const auto words = split_words(line);
        if (words.size() == 3 && words[0] == std::to_string(kOwnUserInside) && words[2] == "1")
            return true;
    }
    return false;
}

bool is_trusted_owner(uid_t uid) {
    return uid == ::geteuid() || (uid == 0 && !in_own_namespace());
}

std::optional<Fd> user_namespace_around(pid_t pid) {
    const auto own = open_namespace(pid, "user");
    if (!own) return std::nullopt;
    const int fd = ::ioctl(own->raw(), NS_GET_PARENT);
    if (fd >= 0) return Fd(fd);
    if (errno == EPERM) return std::nullopt; // it is the outermost that we know, or not below ours
    throw SystemError(fmt::format("find the user namespace around that of process {}", pid));
}

uid_t owner_of_namespace(FdRef user_namespace) {
    uid_t owner = 0;
    if (::ioctl(user_namespace.raw(), NS_GET_OWNER_UID, &owner) != 0)
        throw SystemError("find the owner of a user namespace");
    return owner;
}

void keep_rights_over_exec() {
    if (const int error = raw::inherit_capabilities(); error < 0)
        throw SystemError("keep our rights over exec", -error);
}

void keep_rights_to_ourselves() {
    if (const int error = raw::clear_inheritable(); error < 0)
        throw SystemError("keep our rights from programs", -error);
}

void become_dumpable() {
    if (::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) throw SystemError("become dumpable");
}

} // namespace lxcpp::sys
