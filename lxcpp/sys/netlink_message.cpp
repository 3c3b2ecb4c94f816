// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink_message.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstddef>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

namespace lxcpp::sys {
namespace {

constexpr std::size_t kAlign = NLMSG_ALIGNTO;

constexpr std::size_t aligned(std::size_t size) noexcept {
    return (size + kAlign - 1) & ~(kAlign - 1);
}

void skip(std::string_view& bytes, std::size_t size) noexcept {
    bytes.remove_prefix(std::min(aligned(size), bytes.size()));
}

} // namespace

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags, std::string_view fixed) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
    append(as_bytes(header));
    append(fixed);
}

void NetlinkRequest::append(std::string_view part) {
    message_ += part;
    message_.resize(aligned(message_.size()));
}

NetlinkRequest& NetlinkRequest::bytes(std::uint16_t type, std::string_view value) {
    rtattr header{};
    header.rta_len = static_cast<std::uint16_t>(sizeof header + value.size());
    header.rta_type = type;
    append(as_bytes(header));
    append(value);
    return *this;
}

NetlinkRequest& NetlinkRequest::text(std::uint16_t type, const std::string& value) {
    return bytes(type, {value.c_str(), value.size() + 1});
}

NetlinkRequest& NetlinkRequest::fixed(std::string_view part) {
    append(part);
    return *this;
}

std::size_t NetlinkRequest::open_nested(std::uint16_t type) {
    const std::size_t start = message_.size();
    bytes(static_cast<std::uint16_t>(type | NLA_F_NESTED), {});
    return start;
}

void NetlinkRequest::close_nested(std::size_t start) {
    const auto size = static_cast<std::uint16_t>(message_.size() - start);
    std::memcpy(message_.data() + start + offsetof(rtattr, rta_len), &size, sizeof size);
}

std::string NetlinkRequest::finish(std::uint32_t sequence, std::uint16_t more_flags) const {
    std::string message = message_;
    auto header = read_as<nlmsghdr>(message);
    header.nlmsg_len = static_cast<std::uint32_t>(message.size());
    header.nlmsg_seq = sequence;
    header.nlmsg_flags = static_cast<std::uint16_t>(header.nlmsg_flags | more_flags);
    std::memcpy(message.data(), &header, sizeof header);
    return message;
}

NetlinkAttributes::NetlinkAttributes(std::string_view bytes) {
    while (bytes.size() >= sizeof(rtattr)) {
        const auto header = read_as<rtattr>(bytes);
        if (header.rta_len < sizeof header || header.rta_len > bytes.size()) break;
        const auto type = static_cast<std::uint16_t>(header.rta_type & NLA_TYPE_MASK);
        all_.emplace_back(type, bytes.substr(sizeof header, header.rta_len - sizeof header));
        skip(bytes, header.rta_len);
    }
}

std::optional<std::string_view> NetlinkAttributes::find(std::uint16_t type) const noexcept {
    const auto found = std::find_if(all_.rbegin(), all_.rend(),
                                    [type](const auto& one) { return one.first == type; });
    if (found == all_.rend()) return std::nullopt;
    return found->second;
}

std::string NetlinkAttributes::text(std::uint16_t type) const {
    const std::string_view value = find(type).value_or(std::string_view());
    return std::string(value.substr(0, value.find('\0')));
}

NetlinkAttributes NetlinkAttributes::nested(std::uint16_t type) const {
    return NetlinkAttributes(find(type).value_or(std::string_view()));
}

NetlinkAttributes attributes_behind(std::string_view payload, std::size_t fixed) {
    skip(payload, fixed);
    return NetlinkAttributes(payload);
}

std::optional<NetlinkAnswer> take_answer(std::string_view& bytes) noexcept {
    if (bytes.size() < sizeof(nlmsghdr)) return std::nullopt;
    const auto header = read_as<nlmsghdr>(bytes);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) return std::nullopt;
    const NetlinkAnswer answer{header.nlmsg_type, header.nlmsg_flags, header.nlmsg_seq,
                               bytes.substr(sizeof header, header.nlmsg_len - sizeof header)};
    skip(bytes, header.nlmsg_len);
    return answer;
}

NetlinkVerdict parse_verdict(const NetlinkAnswer& answer) {
    const auto fixed = read_as<nlmsgerr>(answer.payload);
    NetlinkVerdict verdict{.error = -fixed.error, .message = {}};
    if ((answer.flags & NLM_F_ACK_TLVS) == 0) return verdict;
    // Unless capped, the request stands between the verdict and the attributes.
    std::size_t before = sizeof fixed;
    if ((answer.flags & NLM_F_CAPPED) == 0 && fixed.msg.nlmsg_len > sizeof(nlmsghdr)) {
        before += fixed.msg.nlmsg_len - sizeof(nlmsghdr);
    }
    verdict.message = attributes_behind(answer.payload, before).text(NLMSGERR_ATTR_MSG);
    return verdict;
}

std::string mac_text(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        text += fmt::format("{}{:02x}", text.empty() ? "" : ":", static_cast<unsigned char>(byte));
    }
    return text;
}

std::string mac_bytes(std::string_view text) {
    std::string bytes;
    for (const std::string_view octet : split(text, ':')) {
        unsigned char byte = 0;
        const auto [end, error] =
            std::from_chars(octet.data(), octet.data() + octet.size(), byte, 16);
        if (octet.size() != 2 || error != std::errc{} || end != octet.data() + octet.size()) {
            throw Error("\"" + printable(text) + "\" is not a hardware address");
        }
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

std::string address_text(int family, std::string_view bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const std::size_t wanted = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
    if (bytes.size() != wanted) return "";
    return ::inet_ntop(family, bytes.data(), text.data(), text.size()) != nullptr ? text.data()
                                                                                  : "";
}

std::string address_bytes(int family, const std::string& text) {
    std::string bytes(family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr), '\0');
    if (::inet_pton(family, text.c_str(), bytes.data()) != 1) {
        throw Error("\"" + printable(text) + "\" is not an " +
                    (family == AF_INET ? "IPv4" : "IPv6") + " address");
    }
    return bytes;
}

} // namespace lxcpp::sys
