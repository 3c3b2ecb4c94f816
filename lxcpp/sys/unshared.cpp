// SPDX-License-Identifier: Apache-2.0
#include "sys/unshared.h"

#include "base/fd.h"
#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <cstdint>
#include <fmt/core.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

struct Request {
    nlmsghdr header;
    ifinfomsg link;
    rtattr attribute;
    std::uint32_t pid;
};

struct Answer {
    nlmsghdr header;
    nlmsgerr error;
    char rest[1024]; // the request again, and words of the kernel's
};

} // namespace

void move_interface(const std::string& name, pid_t pid) {
    const std::string what = "move the network interface " + printable(name);
    const unsigned index = ::if_nametoindex(name.c_str());
    if (index == 0) throw SystemError(what);
    const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket.valid()) throw SystemError(what);
    constexpr timeval patience{5, 0};
    if (::setsockopt(socket.raw(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
        throw SystemError(what);
    Request request{};
    request.header = {sizeof request, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0};
    request.link.ifi_index = static_cast<int>(index);
    request.attribute = {RTA_LENGTH(sizeof request.pid), IFLA_NET_NS_PID};
    request.pid = static_cast<std::uint32_t>(pid);
    if (::send(socket.raw(), &request, sizeof request, 0) != static_cast<ssize_t>(sizeof request))
        throw SystemError(what);
    Answer answer{};
    if (::recv(socket.raw(), &answer, sizeof answer, 0) <
        static_cast<ssize_t>(sizeof answer.header + sizeof answer.error))
        throw SystemError(what);
    if (answer.header.nlmsg_type != NLMSG_ERROR) throw SystemError(what, EPROTO);
    if (answer.error.error != 0) throw SystemError(what, -answer.error.error);
}

void map_own_ids(pid_t pid, uid_t inside) {
    const std::string process = fmt::format("/proc/{}", pid);
    write_existing(process + "/uid_map", fmt::format("{} {} 1\n", inside, ::geteuid()));
    write_existing(process + "/setgroups", "deny");
    write_existing(process + "/gid_map", fmt::format("{} {} 1\n", inside, ::getegid()));
}

void set_host_name(const std::string& name) {
    if (::sethostname(name.data(), name.size()) != 0)
        throw SystemError("set the host name " + printable(name));
}

void set_user(uid_t uid) {
    if (::setresuid(uid, uid, uid) != 0) throw SystemError(fmt::format("become uid {}", uid));
}

} // namespace lxcpp::sys
