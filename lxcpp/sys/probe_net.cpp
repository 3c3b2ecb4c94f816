// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"
#include "sys/probe.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

constexpr timeval kPatience{5, 0};

// A request in one small buffer; attributes are appended behind the fixed part.
class Request {
public:
    Request(std::uint16_t type, std::uint16_t flags, const void* fixed, std::size_t size) noexcept {
        header()->nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(size));
        header()->nlmsg_type = type;
        header()->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
        std::memcpy(NLMSG_DATA(header()), fixed, size);
    }
    // The caller's few and short attributes always fit.
    std::size_t begin_attribute(std::uint16_t type, std::string_view value) noexcept {
        const std::size_t at = NLMSG_ALIGN(header()->nlmsg_len);
        const rtattr attribute{static_cast<std::uint16_t>(RTA_LENGTH(value.size())), type};
        std::memcpy(bytes_.data() + at, &attribute, sizeof attribute);
        if (!value.empty()) std::memcpy(bytes_.data() + at + RTA_LENGTH(0), value.data(), value.size());
        header()->nlmsg_len = static_cast<std::uint32_t>(at + RTA_ALIGN(attribute.rta_len));
        return at;
    }
    void end_attribute(std::size_t at) noexcept {
        const auto length = static_cast<std::uint16_t>(header()->nlmsg_len - at);
        std::memcpy(bytes_.data() + at, &length, sizeof length);
    }
    [[nodiscard]] const void* data() const noexcept { return bytes_.data(); }
    [[nodiscard]] std::size_t size() noexcept { return header()->nlmsg_len; }

private:
    nlmsghdr* header() noexcept { return reinterpret_cast<nlmsghdr*>(bytes_.data()); }
    alignas(nlmsghdr) std::array<unsigned char, 256> bytes_{};
};

// The first answer's verdict: data is a yes.
int ask(int protocol, Request& request) noexcept {
    const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
    if (!socket.valid()) return -errno;
    ::setsockopt(socket.raw(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    if (::send(socket.raw(), request.data(), request.size(), 0) < 0) return -errno;
    alignas(nlmsghdr) std::array<unsigned char, 4096> answer{};
    const ssize_t size = ::recv(socket.raw(), answer.data(), answer.size(), 0);
    if (size < 0) return -errno;
    nlmsghdr header{};
    if (static_cast<std::size_t>(size) < sizeof header) return -EPROTO;
    std::memcpy(&header, answer.data(), sizeof header);
    if (header.nlmsg_type != NLMSG_ERROR) return 0;
    nlmsgerr error{};
    std::memcpy(&error.error, answer.data() + NLMSG_HDRLEN, sizeof error.error);
    return error.error;
}

} // namespace

int probe_link_kind(const char* kind) noexcept {
    const ifinfomsg fixed{};
    Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &fixed, sizeof fixed);
    const std::size_t info = request.begin_attribute(IFLA_LINKINFO, {});
    request.begin_attribute(IFLA_INFO_KIND, std::string_view(kind, std::strlen(kind) + 1));
    request.end_attribute(info);
    const int result = ask(NETLINK_ROUTE, request);
    // A kind that wants more than its name (a parent device) exists.
    return result == -EINVAL || result == -ENODEV ? 0 : result;
}

int probe_nf_tables() noexcept {
    const nfgenmsg fixed{AF_UNSPEC, NFNETLINK_V0, 0};
    Request request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0, &fixed, sizeof fixed);
    return ask(NETLINK_NETFILTER, request);
}

} // namespace lxcpp::sys
