// SPDX-License-Identifier: Apache-2.0
#include "container/inside.h"

#include "base/error.h"
#include "base/scope_exit.h"
#include "sys/file.h"
#include "sys/namespace.h"
#include "sys/netlink_inside.h"

#include <cerrno>
#include <sched.h>
#include <unistd.h>
#include <utility>

namespace lxcpp {
namespace {

constexpr int kGlobalScope = 0;

bool same_namespace(FdRef a, FdRef b) {
    const auto left = sys::stat_fd(a);
    const auto right = sys::stat_fd(b);
    return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

NetworkInside read_all(sys::Netlink& netlink) {
    NetworkInside network;
    network.links = netlink.links();
    network.addresses = netlink.addresses(network.links);
    return network;
}

NetworkInside read_inside(FdRef theirs, FdRef ours) {
    sys::enter_namespace(theirs, CLONE_NEWNET);
    const ScopeExit leave([ours] {
        try {
            sys::enter_namespace(ours, CLONE_NEWNET);
        } catch (const Error&) { // our own namespace
        }
    });
    sys::Netlink netlink;
    return read_all(netlink);
}

// A user's container: its namespaces are below one that is the user's.
NetworkInside inside_of_user(pid_t pid) {
    try {
        const auto user = sys::open_namespace(pid, "user");
        const auto network = sys::open_namespace(pid, "net");
        const auto ours = sys::open_namespace(::getpid(), "net");
        if (!user || !network || !ours || same_namespace(*network, *ours)) return {};
        auto socket = sys::netlink_socket_inside(*user, *network);
        if (!socket) return {};
        sys::Netlink netlink(std::move(*socket));
        return read_all(netlink);
    } catch (const SystemError& error) {
        if (error.code() == EPERM || error.code() == EACCES) return {}; // somebody else's
        throw;
    }
}

} // namespace

NetworkInside network_inside(pid_t pid) {
    if (::geteuid() != 0) return inside_of_user(pid);
    const auto theirs = sys::open_namespace(pid, "net");
    const auto ours = sys::open_namespace(::getpid(), "net");
    if (!theirs || !ours || same_namespace(*theirs, *ours)) return {};
    try {
        return read_inside(*theirs, *ours);
    } catch (const SystemError& error) {
        if (error.code() == EPERM) return {}; // root without the right to look inside
        throw;
    }
}

std::vector<std::string> global_addresses(const NetworkInside& network, int family) {
    std::vector<std::string> texts;
    for (const sys::NetAddress& address : network.addresses) {
        if (address.family == family && address.scope == kGlobalScope && address.interface != "lo") {
            texts.push_back(address.text);
        }
    }
    return texts;
}

} // namespace lxcpp
