// SPDX-License-Identifier: Apache-2.0
#include "start/child_renew_ptys.h"

#include "start/raw_fd.h"
#include "sys/raw.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sched.h>
#include <span>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace lxcpp {

namespace raw = sys::raw;

namespace {

int renew(int devpts, int root, const char* file, int& master) noexcept {
    master = raw::open_ptmx(devpts);
    if (master < 0) return master;
    const RawFd slave(raw::open_pty_peer(master));
    if (slave.failed()) return slave.get();
    const RawFd mount(raw::clone_tree(slave.get(), "", false));
    if (mount.failed()) return mount.get();
    // The dead one. With the container's root's rights, in its own mounts: what it may have put there is its own.
    (void)::umount2(file, MNT_DETACH | UMOUNT_NOFOLLOW);
    const RawFd place(raw::open_in(root, file, O_PATH));
    return place.failed() ? place.get() : raw::attach_mount(mount.get(), place.get());
}

int renew_all(const RenewPtys& wish, std::array<int, kMaxTerminals>& masters) noexcept {
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    const int namespaces = CLONE_NEWNS | (wish.user_namespace ? CLONE_NEWUSER : 0);
    if (::setns(wish.init.raw(), namespaces) < 0) return -errno;
    if (wish.user_namespace) {
        if (const int error = raw::become(0, 0, {}, true); error < 0) return error;
    }
    if (::chdir("/") < 0) return -errno;
    const RawFd root(raw::open_path(AT_FDCWD, "/"));
    if (root.failed()) return root.get();
    const RawFd devpts(raw::open_in(root.get(), "dev/pts", O_PATH | O_DIRECTORY));
    if (devpts.failed()) return devpts.get();
    for (std::size_t i = 0; i < wish.files.size(); ++i) {
        if (const int error = renew(devpts.get(), root.get(), wish.files[i].c_str(), masters[i]); error < 0) return error;
    }
    return 0;
}

} // namespace

void run_renew_ptys(const RenewPtys& wish, int channel) noexcept {
    (void)raw::reset_signals();
    std::array<int, kMaxTerminals> masters{};
    const int error = renew_all(wish, masters);
    const std::span<const int> fds(masters.data(), error < 0 ? 0 : wish.files.size());
    (void)raw::send_message(channel, &error, sizeof error, fds);
    ::_exit(error < 0 ? 1 : 0);
}

} // namespace lxcpp
