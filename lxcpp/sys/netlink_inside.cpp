// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink_inside.h"

#include "sys/clone.h"
#include "sys/pidfd.h"
#include "sys/raw.h"
#include "sys/socket.h"

#include <array>
#include <cerrno>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

int send_socket(int user_namespace, int network_namespace, int channel) noexcept {
    if (::setns(user_namespace, CLONE_NEWUSER) != 0) return errno;
    if (::setns(network_namespace, CLONE_NEWNET) != 0) return errno;
    const std::array<int, 1> fds{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    if (fds[0] < 0) return errno;
    return -raw::send_message(channel, "s", 1, fds);
}

} // namespace

std::optional<Fd> netlink_socket_inside(FdRef user_namespace, FdRef network_namespace) {
    auto [ours, theirs] = socket_pair();
    const Cloned child = clone_process({.flags = 0, .into_cgroup = {}});
    if (child.pid == 0)
        ::_exit(send_socket(user_namespace.raw(), network_namespace.raw(), theirs.raw()));
    theirs.reset();
    auto packet = receive_packet(ours, 1);
    (void)reap(child.pidfd);
    if (!packet || packet->fds.size() != 1) return std::nullopt;
    return std::move(packet->fds.front());
}

} // namespace lxcpp::sys
