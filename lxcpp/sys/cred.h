// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <sys/types.h>
#include <vector>

namespace lxcpp::sys {

// Real, effective and saved ids, the group first. Throws SystemError. Single-threaded processes
// only.
void set_ids(uid_t uid, gid_t gid);
// Only what files look at (setfsuid(2)), while the rest stays root's. Throws Error when they are not so then.
void set_file_ids(uid_t uid, gid_t gid);
[[nodiscard]] std::vector<gid_t> groups();
void set_groups(std::span<const gid_t> groups);

// PR_SET_PDEATHSIG, which the kernel forgets when credentials change.
class DeathSignal {
public:
    DeathSignal() noexcept; // as it is now
    void renew() const;     // the process gets it at once when its parent has died meanwhile
    // The process dies with its parent from now on; at once when that is not the process parent any more.
    static void die_with(pid_t parent);

private:
    int signal_ = 0;
    pid_t parent_ = 0;
};

// Of a process that has entered a user namespace: its id 0, without groups. Its files in /proc remain its own.
void become_root_inside();

// Sets the umask until the scope ends.
class ScopedUmask {
public:
    explicit ScopedUmask(mode_t mask) noexcept;
    ScopedUmask(const ScopedUmask&) = delete;
    ScopedUmask& operator=(const ScopedUmask&) = delete;
    ~ScopedUmask();

private:
    mode_t old_;
};

} // namespace lxcpp::sys
