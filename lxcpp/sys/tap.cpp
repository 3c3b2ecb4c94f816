// SPDX-License-Identifier: Apache-2.0
#include "sys/tap.h"

#include "sys/clone.h"
#include "sys/file.h"
#include "sys/pidfd.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <vector>

namespace lxcpp::sys {
namespace {

constexpr unsigned kTunMajor = 10; // Documentation/admin-guide/devices.txt
constexpr unsigned kTunMinor = 200;
constexpr int kMostDescriptors = 256; // of a program that has just started

bool is_tun(FdRef fd) {
    const struct stat info = stat_fd(fd);
    return S_ISCHR(info.st_mode) && info.st_rdev == makedev(kTunMajor, kTunMinor);
}

// 0 or errno. In a process of its own: whoever has no rights over the namespace that they are in
// does not come back to it.
int try_make_tap(int network_namespace, ifreq& request) noexcept {
    if (::setns(network_namespace, CLONE_NEWNET) != 0) return errno;
    const int tap = ::open(kTunDevice, O_RDWR | O_CLOEXEC);
    if (tap < 0) return errno;
    if (::ioctl(tap, TUNSETIFF, &request) != 0) return errno;
    return ::ioctl(tap, TUNSETPERSIST, 1) != 0 ? errno : 0;
}

} // namespace

void make_tap(FdRef network_namespace, const std::string& name) {
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    name.copy(request.ifr_name, sizeof request.ifr_name - 1);
    const Cloned child = clone_process({.flags = 0, .into_cgroup = {}});
    if (child.pid == 0) ::_exit(try_make_tap(network_namespace.raw(), request));
    const int error = reap(child.pidfd).shell_code();
    if (error != 0) throw SystemError("make the interface " + name + " by " + kTunDevice, error);
}

std::optional<Fd> tap_of(FdRef pidfd) {
    for (int number = 0; number < kMostDescriptors; ++number) {
        Fd fd(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.raw(), number, 0)));
        if (!fd.valid() && errno == EBADF) continue;
        if (!fd.valid()) throw SystemError("look at the descriptors of a program");
        if (is_tun(fd)) return fd;
    }
    return std::nullopt;
}

void filter_tap(FdRef tap, std::span<const sock_filter> filter) {
    std::vector<sock_filter> copy(filter.begin(), filter.end());
    sock_fprog program{static_cast<unsigned short>(copy.size()), copy.data()};
    if (::ioctl(tap.raw(), TUNATTACHFILTER, &program) != 0)
        throw SystemError("filter the frames of a tap interface");
}

} // namespace lxcpp::sys
