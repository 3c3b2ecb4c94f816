// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/codec.h"

#include <string>
#include <string_view>
#include <vector>

// Codecs of what stands behind lxc.net.N.
namespace lxcpp {

enum class Family { Ipv4, Ipv6 };

inline constexpr int kNoPrefix = -1; // IpAddress::prefix of an IPv4 address that was written without one

// The address in its usual short form; throws Error unless it is one of this family.
[[nodiscard]] std::string parse_address(Family family, std::string_view text);
// ADDRESS[/PREFIX] [BROADCAST]. Without a prefix IPv6 takes 64, IPv4 kNoPrefix, which validate() refuses.
[[nodiscard]] IpAddress parse_ip(Family family, std::string_view text);
[[nodiscard]] std::string ip_text(const IpAddress& address); // without the broadcast

// A new type forgets what only the old one understood.
struct NetTypeWord : ScalarCodec<NetTypeWord, NetDevice> {
    static constexpr std::string_view kSyntax = "WORD";
    static void parse(std::string_view text, NetDevice& value);
    static std::string show(const NetDevice& value) { return std::string(name_of(value.type)); }
    static bool same(const NetDevice&, const NetDevice&) { return false; } // makes the device
    static void reset(NetDevice& value, const NetDevice& fallback);
};

struct UpFlag : ScalarCodec<UpFlag, bool> {
    static constexpr std::string_view kSyntax = "up";
    static void parse(std::string_view text, bool& value);
    static std::string show(const bool& value) { return value ? "up" : ""; }
};

// The name of a network interface.
struct InterfaceName : Codec<std::string> {
    static constexpr std::string_view kSyntax = "NAME";
    static void parse(std::string_view text, std::string& value);
};

// Any of the names of one on the host, which may be longer; with '+' at its end, how a name begins.
struct LinkName : Codec<std::string> {
    static constexpr std::string_view kSyntax = "NAME";
    static void parse(std::string_view text, std::string& value);
};

struct HardwareAddress : Codec<std::string> {
    static constexpr std::string_view kSyntax = "XX:XX:XX:XX:XX:XX, x = a random digit";
    static void parse(std::string_view text, std::string& value);
};

struct MtuText : Codec<std::string> {
    static constexpr std::string_view kSyntax = "BYTES";
    static void parse(std::string_view text, std::string& value);
};

struct VlanNumber : ScalarCodec<VlanNumber, std::uint16_t> {
    static constexpr std::string_view kSyntax = "NUMBER";
    static void parse(std::string_view text, std::uint16_t& value);
    static std::string show(const std::uint16_t& value) { return std::to_string(value); }
};

struct BridgeVlan : Codec<std::string> {
    static constexpr std::string_view kSyntax = "0-4094|none";
    static void parse(std::string_view text, std::string& value);
};

struct TaggedVlans : ListCodec<TaggedVlans, std::uint16_t> {
    static constexpr std::string_view kSyntax = "0-4094";
    static constexpr bool kEndsLine = false;
    static std::uint16_t item(std::string_view text);
    static std::string text(const std::uint16_t& item) { return std::to_string(item); }
};

template <Family F>
struct IpAddresses : ListCodec<IpAddresses<F>, IpAddress> {
    static constexpr std::string_view kSyntax =
        F == Family::Ipv4 ? "ADDRESS/PREFIX [BROADCAST]" : "ADDRESS/PREFIX";
    static constexpr bool kEndsLine = false;
    static IpAddress item(std::string_view text) { return parse_ip(F, text); }
    static std::string text(const IpAddress& item) { return ip_text(item); }
    static std::vector<std::string> values(const std::vector<IpAddress>& value) {
        std::vector<std::string> texts;
        for (const auto& item : value) {
            texts.push_back(ip_text(item));
            if (!item.broadcast.empty()) texts.back() += " " + item.broadcast;
        }
        return texts;
    }
};

template <Family F>
struct Gateway : Codec<std::string> {
    static constexpr std::string_view kSyntax = "ADDRESS|auto|dev";
    static void parse(std::string_view text, std::string& value) {
        value = text == "auto" || text == "dev" ? std::string(text) : parse_address(F, text);
    }
};

} // namespace lxcpp
