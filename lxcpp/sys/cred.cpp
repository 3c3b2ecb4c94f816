// SPDX-License-Identifier: Apache-2.0
#include "sys/cred.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <csignal>
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp::sys {

void set_ids(uid_t uid, gid_t gid) {
    if (::setresgid(gid, gid, gid) != 0) throw SystemError(fmt::format("become gid {}", gid));
    if (::setresuid(uid, uid, uid) != 0) throw SystemError(fmt::format("become uid {}", uid));
}

void set_file_ids(uid_t uid, gid_t gid) {
    (void)::setfsgid(gid);
    (void)::setfsuid(uid);
    // They tell no error, only what was before.
    if (::setfsgid(gid) != static_cast<int>(gid) || ::setfsuid(uid) != static_cast<int>(uid))
        throw Error(fmt::format("the ids {}:{} could not be taken for files", uid, gid));
}

std::vector<gid_t> groups() {
    const int count = ::getgroups(0, nullptr);
    if (count < 0) throw SystemError("read the supplementary groups");
    std::vector<gid_t> result(static_cast<std::size_t>(count));
    const int filled = ::getgroups(count, result.data());
    if (filled < 0) throw SystemError("read the supplementary groups");
    result.resize(static_cast<std::size_t>(filled));
    return result;
}

void set_groups(std::span<const gid_t> groups) {
    if (::setgroups(groups.size(), groups.data()) != 0) {
        throw SystemError("set the supplementary groups");
    }
}

DeathSignal::DeathSignal() noexcept : parent_(::getppid()) { (void)::prctl(PR_GET_PDEATHSIG, &signal_, 0, 0, 0); }

void DeathSignal::renew() const {
    if (signal_ == 0) return;
    if (::prctl(PR_SET_PDEATHSIG, signal_, 0, 0, 0) != 0) throw SystemError("ask for a signal at the parent's death");
    if (::getppid() != parent_) (void)::raise(signal_);
}

void DeathSignal::die_with(pid_t parent) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) throw SystemError("ask for a signal at the parent's death");
    if (::getppid() != parent) (void)::raise(SIGKILL);
}

void become_root_inside() {
    set_groups({});
    set_ids(0, 0);
    if (::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) throw SystemError("become dumpable");
}

ScopedUmask::ScopedUmask(mode_t mask) noexcept : old_(::umask(mask)) {}
ScopedUmask::~ScopedUmask() {
    ::umask(old_);
}

} // namespace lxcpp::sys
