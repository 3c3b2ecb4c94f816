// SPDX-License-Identifier: Apache-2.0
#include "config/bridge_config.h"

#include "base/nearest.h"
#include "base/strings.h"
#include "config/codec_net.h"
#include "config/text.h"

#include <lxcpp/error.h>

#include "sys/file.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>
#include <map>

namespace lxcpp {
namespace {

constexpr std::string_view kFile = "net.conf";
constexpr std::string_view kRange = "ipv4.dhcp.range";

using Set = void (*)(BridgeConfig&, std::string_view);
using Get = std::string (*)(const BridgeConfig&);

struct BridgeKey {
    std::string_view name;
    std::string_view of_lxc; // the variable of /etc/default/lxc-net that means this
    std::string_view syntax;
    std::string_view help;
    Set set;
    Get get;
};

template <auto Member, typename C>
constexpr Set setter =
    [](BridgeConfig& config, std::string_view text) { C::parse(text, config.*Member); };
template <auto Member, typename C>
constexpr Get getter = [](const BridgeConfig& config) { return C::show(config.*Member); };

template <typename C, auto Member>
constexpr BridgeKey row(std::string_view name, std::string_view of_lxc, std::string_view help) {
    return {name, of_lxc, C::kSyntax, help, setter<Member, C>, getter<Member, C>};
}

// What can stand in nftables' and dnsmasq's files as it is.
struct PlainInterface : Codec<std::string> {
    static constexpr std::string_view kSyntax = "NAME";
    static void parse(std::string_view text, std::string& value) {
        InterfaceName::parse(text, value);
        constexpr std::string_view kPlain =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@";
        if (value.empty() || value.front() == '-' || value.find_first_not_of(kPlain) != value.npos)
            reject(text, "letters, digits, '-', '_' and '.'");
    }
};

// The names of nftables' tables have no dots.
struct BridgeName : PlainInterface {
    static void parse(std::string_view text, std::string& value) {
        PlainInterface::parse(text, value);
        if (value.find_first_of(".@-") != value.npos) reject(text, "letters, digits and '_'");
        if (value == "all" || value == "default" || value == "lo")
            reject(text, "a name that stands for nothing else");
    }
};

struct UnicastAddress : Codec<std::string> {
    static constexpr std::string_view kSyntax = "XX:XX:XX:XX:XX:XX";
    static void parse(std::string_view text, std::string& value) {
        std::string mac;
        HardwareAddress::parse(text, mac);
        if (mac.find_first_of("xX") != std::string::npos)
            reject(text, "six pairs of hexadecimal digits");
        if (mac == "00:00:00:00:00:00" || (parse_integer("0x" + mac.substr(0, 2)).value_or(1) & 1) != 0)
            reject(text, "the address of one interface, whose first pair is an even number");
        value = mac;
    }
};

struct Bytes : ScalarCodec<Bytes, std::uint32_t> {
    static constexpr std::string_view kSyntax = "BYTES";
    static void parse(std::string_view text, std::uint32_t& value) {
        const auto number = parse_u64(text);
        if (!number || *number < 1280 || *number > 65535) reject(text, "1280 to 65535 bytes");
        value = static_cast<std::uint32_t>(*number);
    }
    static std::string show(const std::uint32_t& value) {
        return value == 0 ? "" : std::to_string(value);
    }
};

// Why no bridge can have it; "" when one can.
std::string_view unusable(Family family, std::string_view address) {
    std::array<std::uint8_t, 16> bytes{};
    const bool ipv4 = family == Family::Ipv4;
    if (inet_pton(ipv4 ? AF_INET : AF_INET6, std::string(address).c_str(), bytes.data()) != 1)
        return "it is no address";
    if (ipv4) {
        if (bytes[0] == 0) return "0.0.0.0/8 stands for the sender itself";
        if (bytes[0] == 127) return "127.0.0.0/8 never leaves a machine";
        if (bytes[0] == 169 && bytes[1] == 254)
            return "169.254.0.0/16 is for machines that were given no address";
        if (bytes[0] >= 224 && bytes[0] < 240) return "224.0.0.0/4 is for groups of machines";
        if (bytes[0] >= 240) return "240.0.0.0/4 belongs to nobody";
        return "";
    }
    if (bytes[0] == 0xff) return "ff00::/8 is for groups of machines";
    if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) return "fe80::/10 is known on one link only";
    constexpr std::array<std::uint8_t, 10> kNothing{};
    if (std::equal(kNothing.begin(), kNothing.end(), bytes.begin()))
        return "what begins with 80 zero bits (::1, ::ffff:0:0) is no address of a network";
    return "";
}

template <Family F, int Least, int Most>
struct OwnAddress : Codec<std::string> {
    static constexpr std::string_view kSyntax = "auto|none|ADDRESS/PREFIX";
    static void parse(std::string_view text, std::string& value) {
        if (text != kAutomatic && text != kNone) {
            if (text.find('/') == std::string_view::npos)
                reject(text, fmt::format("an address with its prefix, as {}", F == Family::Ipv4 ? "10.0.3.1/24" : "fd00:1:2:3::1/64"));
            const IpAddress parsed = parse_ip(F, text);
            if (parsed.prefix < Least || parsed.prefix > Most)
                reject(text, Least == Most ? fmt::format("the prefix {}", Least) : fmt::format("a prefix from {} to {}", Least, Most));
            if (const auto why = unusable(F, parsed.address); !why.empty())
                throw Error(fmt::format("\"{}\" cannot be a bridge's: {}", printable(text), why));
            value = ip_text(parsed);
            return;
        }
        value = text;
    }
};

struct DomainName : Codec<std::string> {
    static constexpr std::string_view kSyntax = "DOMAIN";
    static void parse(std::string_view text, std::string& value) {
        bool wrong = text.empty() || text.size() > 200;
        for (const std::string_view label : split(text, '.')) {
            wrong = wrong || label.empty() || label.size() > 63 || label.front() == '-' ||
                    label.back() == '-' ||
                    label.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") !=
                        label.npos;
        }
        if (wrong) reject(text, "a domain name as lxcpp or ct.example.org");
        value = text;
    }
};

struct HostFile : Codec<std::string> {
    static constexpr std::string_view kSyntax = "PATH";
    static void parse(std::string_view text, std::string& value) {
        if (!text.starts_with('/') || text.find_first_of(",\"\\\t") != text.npos)
            reject(text, "an absolute path");
        value = text;
    }
};

void set_range(BridgeConfig& config, std::string_view text) {
    const auto parts = split(text, ',');
    if (parts.size() != 2) reject(text, "two addresses with a comma between them");
    config.ipv4_first = parse_address(Family::Ipv4, trim(parts[0]));
    config.ipv4_last = parse_address(Family::Ipv4, trim(parts[1]));
}
std::string get_range(const BridgeConfig& config) {
    return config.ipv4_first.empty() ? "" : config.ipv4_first + "," + config.ipv4_last;
}

using V4Address = OwnAddress<Family::Ipv4, 8, 29>;
using V6Address = OwnAddress<Family::Ipv6, 64, 64>;

constexpr std::array kTable = {
    row<BridgeName, &BridgeConfig::bridge>("bridge", "LXC_BRIDGE", "Name of the bridge."),
    row<UnicastAddress, &BridgeConfig::mac>(
        "bridge.mac", "LXC_BRIDGE_MAC",
        "Its hardware address. Without one it follows from the machine's id."),
    row<Bytes, &BridgeConfig::mtu>("bridge.mtu", "",
                                   "Largest packet of the bridge. Without one it is the kernel's."),
    row<V4Address, &BridgeConfig::ipv4_address>(
        "ipv4.address", "LXC_ADDR",
        "Address of the host on the bridge, and the network around it. auto: a private network of "
        "254 addresses to which "
        "the host has no route, chosen once and remembered. none: no IPv4."),
    BridgeKey{kRange, "LXC_DHCP_RANGE", "FIRST,LAST",
              "The addresses that are given to containers. Without one all of the network.",
              set_range, get_range},
    row<Codec<bool>, &BridgeConfig::ipv4_nat>("ipv4.nat", "",
                                              "What containers send elsewhere leaves with an "
                                              "address of the host. 0: their own; others need a "
                                              "route to them."),
    row<V6Address, &BridgeConfig::ipv6_address>(
        "ipv6.address", "LXC_IPV6_ADDR",
        "As ipv4.address; the prefix is 64. auto: a unique local network (fd..) that follows from "
        "the machine's id."),
    row<Codec<bool>, &BridgeConfig::ipv6_nat>(
        "ipv6.nat", "LXC_IPV6_NAT",
        "As ipv4.nat. 0 together with auto: there is no way from the containers to elsewhere, "
        "and they are told of none."),
    row<DomainName, &BridgeConfig::domain>(
        "domain", "LXC_DOMAIN",
        "Container c1 has the name c1.DOMAIN, which only the bridge's name server knows."),
    row<Codec<bool>, &BridgeConfig::filter>("filter", "",
                                            "A container can send only with its own hardware and "
                                            "IP addresses, and be neither router nor DHCP "
                                            "server for others. 0: anything goes."),
    row<HostFile, &BridgeConfig::dnsmasq_file>(
        "dnsmasq.file", "LXC_DHCP_CONFILE",
        "A file with more configuration for the bridge's dnsmasq."),
    row<PlainInterface, &BridgeConfig::uplink>(
        "uplink", "",
        "The interface through which containers reach elsewhere; through others they do not. "
        "Without one the "
        "routes of the host say it."),
};

const BridgeKey* find_key(std::string_view name) {
    const auto found = std::ranges::find(kTable, name, &BridgeKey::name);
    return found == kTable.end() ? nullptr : &*found;
}

std::string unknown_key(std::string_view key) {
    const auto of_lxc = std::ranges::find(kTable, key, &BridgeKey::of_lxc);
    if (!key.empty() && of_lxc != kTable.end()) return fmt::format("here it is {}", of_lxc->name);
    if (key == "LXC_NETMASK" || key == "LXC_NETWORK")
        return "here it is part of ipv4.address = ADDRESS/PREFIX";
    if (key == "LXC_IPV6_MASK" || key == "LXC_IPV6_NETWORK")
        return "here it is part of ipv6.address = ADDRESS/PREFIX";
    std::vector<std::string> names;
    for (const BridgeKey& known : kTable) names.emplace_back(known.name);
    const auto meant = nearest(key, names);
    return meant ? fmt::format("unknown key; did you mean {}?", *meant) : "unknown key";
}

std::string_view without_quotes(std::string_view value) {
    const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                        value.back() == value.front();
    return quoted ? value.substr(1, value.size() - 2) : value;
}

using Places = std::map<const BridgeKey*, int>; // the line of each key

void read_line(BridgeConfig& config, Places& places, std::string_view raw, const std::string& file,
               int number) {
    const std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#') return;
    const auto equals = line.find('=');
    const std::string key(trim(line.substr(0, equals)));
    if (equals == line.npos)
        throw ConfigError(file, number, printable(key), "the line has no \"=\"");
    const BridgeKey* const known = find_key(key);
    if (known == nullptr) throw ConfigError(file, number, printable(key), unknown_key(key));
    const auto [place, first] = places.emplace(known, number);
    if (!first)
        throw ConfigError(file, number, key,
                          fmt::format("it stands in line {} already", place->second));
    try {
        known->set(config, without_quotes(trim(line.substr(equals + 1))));
    } catch (const Error& error) {
        throw ConfigError(file, number, key, error.what());
    }
}

} // namespace

std::filesystem::path bridge_config_file(const Paths& paths) {
    return paths.config / kFile;
}

BridgeConfig parse_bridge_config(std::string_view text, const std::string& file) {
    BridgeConfig config;
    int number = 0;
    Places places;
    for (const auto line : split_lines(text)) read_line(config, places, line, file, ++number);
    if (config.ipv4_address == kNone && config.ipv6_address == kNone)
        throw ConfigError(file, 0, "ipv6.address",
                          "none, and ipv4.address is none too: there is nothing left to manage");
    if (!config.uplink.empty() && (config.uplink == config.bridge || config.uplink == "lo"))
        throw ConfigError(file, 0, "uplink", fmt::format("{} leads nowhere else", config.uplink));
    if (config.ipv4_address == kNone && !config.ipv4_first.empty())
        throw ConfigError(file, places.at(find_key(kRange)), std::string(kRange), "ipv4.address is none, and there is nothing to give");
    return config;
}

BridgeConfig load_bridge_config(const Paths& paths) {
    const auto file = bridge_config_file(paths);
    return parse_bridge_config(sys::read_file_if_exists(file).value_or(""), file.string());
}

std::vector<BridgeKeyInfo> bridge_keys() {
    const BridgeConfig defaults;
    std::vector<BridgeKeyInfo> keys;
    for (const BridgeKey& known : kTable)
        keys.push_back({std::string(known.name), std::string(known.syntax), std::string(known.help),
                        known.get(defaults)});
    return keys;
}

std::string bridge_config_template() {
    std::string text = "# The bridge that lxcpp-net manages: lxcpp-net.conf(5). What is commented "
                       "out is the default.\n";
    for (const BridgeKeyInfo& known : bridge_keys())
        text += fmt::format("\n# {}\n#{} = {}\n", known.help, known.name,
                            known.fallback.empty() ? known.syntax : known.fallback);
    return text;
}

} // namespace lxcpp
