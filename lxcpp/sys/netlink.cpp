// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink.h"

#include "base/strings.h"
#include "sys/eintr.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <functional>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <map>
#include <net/if.h>
#include <span>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>

namespace lxcpp::sys {
namespace {

constexpr timeval kPatience{5, 0};
constexpr int kDumpAttempts = 8;
constexpr std::size_t kAlign = NLMSG_ALIGNTO;

constexpr std::size_t aligned(std::size_t size) noexcept {
    return (size + kAlign - 1) & ~(kAlign - 1);
}

template <typename Value>
Value read_as(std::string_view bytes) noexcept {
    Value value{};
    std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
    return value;
}

std::string_view as_bytes(const auto& value) noexcept {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

// One request: header, fixed part, attributes.
class Request {
public:
    Request(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
            std::string_view fixed) {
        nlmsghdr header{};
        header.nlmsg_type = type;
        header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
        header.nlmsg_seq = sequence;
        append(as_bytes(header));
        append(fixed);
    }
    void attribute(std::uint16_t type, std::string_view value) {
        rtattr header{};
        header.rta_len = static_cast<std::uint16_t>(sizeof header + value.size());
        header.rta_type = type;
        append(as_bytes(header));
        append(value);
    }
    [[nodiscard]] std::string finish() && {
        const auto size = static_cast<std::uint32_t>(bytes_.size());
        std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_len), &size, sizeof size);
        return std::move(bytes_);
    }

private:
    void append(std::string_view part) {
        bytes_ += part;
        bytes_.resize(aligned(bytes_.size()));
    }
    std::string bytes_;
};

using Attributes = std::map<std::uint16_t, std::string_view>;

Attributes parse_attributes(std::string_view bytes) {
    Attributes result;
    while (bytes.size() >= sizeof(rtattr)) {
        const auto header = read_as<rtattr>(bytes);
        if (header.rta_len < sizeof header || header.rta_len > bytes.size()) break;
        const auto type = static_cast<std::uint16_t>(header.rta_type & NLA_TYPE_MASK);
        result[type] = bytes.substr(sizeof header, header.rta_len - sizeof header);
        bytes.remove_prefix(std::min(aligned(header.rta_len), bytes.size()));
    }
    return result;
}

std::string text_of(std::string_view value) {
    return std::string(value.substr(0, value.find('\0')));
}

std::string mac_of(std::string_view value) {
    std::string text;
    for (const char byte : value) {
        text += fmt::format("{}{:02x}", text.empty() ? "" : ":", static_cast<unsigned char>(byte));
    }
    return text;
}

std::string address_text(int family, std::string_view value) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const std::size_t wanted = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
    if (value.size() != wanted) return "";
    return ::inet_ntop(family, value.data(), text.data(), text.size()) != nullptr ? text.data()
                                                                                  : "";
}

void send_request(FdRef fd, const std::string& bytes, const char* what) {
    const ssize_t size =
        retry_eintr([&] { return ::send(fd.raw(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (size != static_cast<ssize_t>(bytes.size())) throw SystemError(what);
}

using Visit = std::function<void(std::uint16_t type, std::string_view payload)>;

struct Progress {
    bool done = false;
    bool interrupted = false; // the list changed while it was read
};

// Handles one datagram of answers to the request with this sequence number.
void visit_answers(std::string_view bytes, std::uint32_t sequence, const char* what,
                   const Visit& visit, Progress& progress) {
    while (bytes.size() >= sizeof(nlmsghdr)) {
        const auto header = read_as<nlmsghdr>(bytes);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) break;
        const auto payload = bytes.substr(sizeof header, header.nlmsg_len - sizeof header);
        bytes.remove_prefix(std::min(aligned(header.nlmsg_len), bytes.size()));
        if (header.nlmsg_seq != sequence) continue; // of an earlier request
        if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) progress.interrupted = true;
        if (header.nlmsg_type == NLMSG_ERROR) {
            const int error = -read_as<nlmsgerr>(payload).error;
            if (error != 0) throw SystemError(what, error);
        }
        if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) {
            progress.done = true;
            return;
        }
        visit(header.nlmsg_type, payload);
    }
}

// Up to the end of the answers (an unfinished dump would refuse the next one); false: interrupted.
bool receive_answers(FdRef fd, std::uint32_t sequence, const char* what, const Visit& visit) {
    std::array<char, 32768> buffer; // the kernel's own upper bound for one datagram of a dump
    Progress progress;
    while (!progress.done) {
        const ssize_t size =
            retry_eintr([&] { return ::recv(fd.raw(), buffer.data(), buffer.size(), MSG_TRUNC); });
        if (size <= 0) throw SystemError(what, size == 0 ? EIO : errno);
        if (static_cast<std::size_t>(size) > buffer.size()) throw SystemError(what, EMSGSIZE);
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
        visit_answers(bytes, sequence, what, visit, progress);
    }
    return !progress.interrupted;
}

// Asks again when the list changed while it was read; clear forgets what was visited.
void dump(FdRef fd, std::uint32_t& sequence, std::uint16_t type, std::string_view fixed,
          const char* what, const std::function<void()>& clear, const Visit& visit) {
    for (int i = 0; i < kDumpAttempts; ++i) {
        clear();
        const std::uint32_t number = ++sequence;
        send_request(fd, Request(type, NLM_F_DUMP, number, fixed).finish(), what);
        if (receive_answers(fd, number, what, visit)) return;
    }
    throw SystemError(what, EAGAIN);
}

NetLink parse_link(std::string_view payload) {
    const auto fixed = read_as<ifinfomsg>(payload);
    payload.remove_prefix(std::min(aligned(sizeof fixed), payload.size()));
    const Attributes attributes = parse_attributes(payload);
    NetLink link;
    link.index = fixed.ifi_index;
    link.flags = fixed.ifi_flags;
    if (const auto it = attributes.find(IFLA_IFNAME); it != attributes.end()) {
        link.name = text_of(it->second);
    }
    if (const auto it = attributes.find(IFLA_ADDRESS); it != attributes.end()) {
        link.mac = mac_of(it->second);
    }
    if (const auto it = attributes.find(IFLA_STATS64); it != attributes.end()) {
        const auto counters = read_as<rtnl_link_stats64>(it->second);
        link.rx_bytes = counters.rx_bytes;
        link.tx_bytes = counters.tx_bytes;
    }
    return link;
}

NetAddress parse_address(std::string_view payload, const std::map<int, std::string>& names) {
    const auto fixed = read_as<ifaddrmsg>(payload);
    payload.remove_prefix(std::min(aligned(sizeof fixed), payload.size()));
    const Attributes attributes = parse_attributes(payload);
    NetAddress address;
    address.family = fixed.ifa_family;
    address.prefix = fixed.ifa_prefixlen;
    address.scope = fixed.ifa_scope;
    const auto name = names.find(static_cast<int>(fixed.ifa_index));
    if (name != names.end()) address.interface = name->second;
    // On a point-to-point link IFA_ADDRESS is the other end.
    auto value = attributes.find(IFA_LOCAL);
    if (value == attributes.end()) value = attributes.find(IFA_ADDRESS);
    if (value != attributes.end()) address.text = address_text(address.family, value->second);
    return address;
}

} // namespace

Netlink::Netlink() : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
    if (!fd_.valid()) throw SystemError("open a netlink socket");
    ::setsockopt(fd_.raw(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
}

void Netlink::set_up(const std::string& interface) {
    const std::string what = "bring up network interface " + printable(interface);
    if (interface.empty() || interface.size() >= IFNAMSIZ) throw SystemError(what, EINVAL);
    ifinfomsg fixed{};
    fixed.ifi_flags = IFF_UP;
    fixed.ifi_change = IFF_UP;
    const std::uint32_t number = ++sequence_;
    Request request(RTM_NEWLINK, NLM_F_ACK, number, as_bytes(fixed));
    request.attribute(IFLA_IFNAME, {interface.c_str(), interface.size() + 1});
    send_request(fd_, std::move(request).finish(), what.c_str());
    static_cast<void>(
        receive_answers(fd_, number, what.c_str(), [](std::uint16_t, std::string_view) {}));
}

std::vector<NetLink> Netlink::links() {
    std::vector<NetLink> result;
    const ifinfomsg fixed{};
    dump(
        fd_, sequence_, RTM_GETLINK, as_bytes(fixed), "list network interfaces",
        [&] { result.clear(); },
        [&](std::uint16_t type, std::string_view payload) {
            if (type == RTM_NEWLINK) result.push_back(parse_link(payload));
        });
    return result;
}

std::vector<NetAddress> Netlink::addresses() { return addresses(links()); }

std::vector<NetAddress> Netlink::addresses(std::span<const NetLink> links) {
    std::map<int, std::string> names;
    for (const NetLink& link : links) names[link.index] = link.name;
    std::vector<NetAddress> result;
    const ifaddrmsg fixed{};
    dump(
        fd_, sequence_, RTM_GETADDR, as_bytes(fixed), "list network addresses",
        [&] { result.clear(); },
        [&](std::uint16_t type, std::string_view payload) {
            if (type == RTM_NEWADDR) result.push_back(parse_address(payload, names));
        });
    return result;
}

} // namespace lxcpp::sys
