// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_rules.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace lxcpp {
namespace {

using sys::NftFamily;
using sys::SetElement;

constexpr std::size_t kNameField = 16; // IFNAMSIZ

bool is_ipv6(std::string_view address) noexcept {
    return address.find(':') != address.npos;
}

// --- bytes of elements -------------------------------------------------------------------------

template <typename Bytes>
std::string field(const Bytes& bytes, std::size_t size) {
    std::string text(reinterpret_cast<const char*>(std::data(bytes)), std::size(bytes));
    text.resize(size);
    return text;
}

std::string ipv4_field(std::string_view text) {
    const std::uint32_t number = ipv4_number(text);
    const std::array<std::uint8_t, 4> bytes{
        static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
        static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
    return field(bytes, bytes.size());
}

std::string address_field(std::string_view text) {
    return is_ipv6(text) ? field(ipv6_address(text), 16) : ipv4_field(text);
}

std::string port_field(std::uint16_t port) {
    const std::array<std::uint8_t, 2> bytes{static_cast<std::uint8_t>(port >> 8),
                                            static_cast<std::uint8_t>(port)};
    return field(bytes, 4);
}

std::string protocol_field(bool udp) {
    return field(std::array<std::uint8_t, 1>{static_cast<std::uint8_t>(udp ? 17 : 6)}, 4);
}

void add_filter_elements(std::vector<SetElement>& elements, const std::string& table,
                         const BridgePort& port) {
    const std::string name = field(port.port, kNameField);
    const auto add = [&](const char* set, const std::string& key) {
        elements.push_back({NftFamily::Bridge, table, set, key});
    };
    add("macs", name + field(mac_address(port.mac), 8));
    add("clients", name + field(mac_address(port.mac), 8));
    for (const std::string& address : port.ipv4) add("ipv4s", name + address_field(address));
    for (const std::string& address : port.ipv6) add("ipv6s", name + address_field(address));
    add("filtered", name);
}

void add_published(std::vector<SetElement>& elements, const std::string& table,
                   const BridgePort& port, bool ipv6) {
    const std::vector<std::string>& targets = ipv6 ? port.ipv6 : port.ipv4;
    // The link-local address, which stands first, is of no use to others.
    const auto target = std::ranges::find_if(
        targets, [](const std::string& address) { return !address.starts_with("fe80:"); });
    if (target == targets.end()) return;
    for (const PublishedPort& published : port.published) {
        if (!published.listen.empty() && is_ipv6(published.listen) != ipv6) continue;
        const std::string rest = protocol_field(published.udp) + port_field(published.host_port);
        const std::string set =
            fmt::format("published{}{}", ipv6 ? 6 : 4, published.listen.empty() ? "" : "_at");
        const std::string key =
            published.listen.empty() ? rest : address_field(published.listen) + rest;
        elements.push_back({NftFamily::Inet, table, set, key,
                            address_field(*target) + port_field(published.port)});
    }
}

// --- text for nft ------------------------------------------------------------------------------

// Hexadecimal digits in pairs would be taken as a number by some versions and not by others: each
// field is written as what it is.
std::string element_text(const SetElement& element) {
    std::string_view key = element.key;
    const auto take = [&key](std::size_t size) {
        const std::string_view part = key.substr(0, size);
        key.remove_prefix(size);
        return part;
    };
    const auto hex = [](std::string_view bytes, std::string_view between) {
        std::string text;
        for (const char byte : bytes)
            text += fmt::format("{}{:02x}", text.empty() ? "" : between,
                                static_cast<std::uint8_t>(byte));
        return text;
    };
    const auto address = [](std::string_view bytes) {
        if (bytes.size() == 4)
            return fmt::format("{}.{}.{}.{}", static_cast<std::uint8_t>(bytes[0]),
                               static_cast<std::uint8_t>(bytes[1]),
                               static_cast<std::uint8_t>(bytes[2]),
                               static_cast<std::uint8_t>(bytes[3]));
        Ipv6Address whole{};
        std::ranges::copy(bytes, whole.begin());
        return ipv6_text(whole);
    };
    const auto number = [](std::string_view bytes) {
        return static_cast<unsigned>(static_cast<std::uint8_t>(bytes[0])) << 8 |
               static_cast<std::uint8_t>(bytes[1]);
    };
    if (element.family == NftFamily::Bridge) {
        const std::string_view name = take(kNameField);
        const std::string quoted = fmt::format("\"{}\"", name.substr(0, name.find('\0')));
        if (element.set == "macs") return quoted + " . " + hex(key.substr(0, 6), ":");
        if (element.set == "ipv4s") return quoted + " . " + address(key);
        if (element.set == "clients") return quoted + " . 0x" + hex(key.substr(0, 6), "");
        if (element.set == "ipv6s") return quoted + " . 0x" + hex(key, "");
        return quoted;
    }
    const std::size_t width = element.set.starts_with("published4") ? 4 : 16;
    std::string text;
    if (element.set.ends_with("_at")) text = address(take(width)) + " . ";
    const bool udp = take(4)[0] == 17;
    text += fmt::format("{} . {}", udp ? "udp" : "tcp", number(key));
    const std::string_view data = element.data;
    return text +
           fmt::format(" : {} . {}", address(data.substr(0, width)), number(data.substr(width)));
}

struct Sets {
    const BridgeSettings& settings;
    std::map<std::string, std::string> elements; // set -> "a, b"

    Sets(const BridgeSettings& of, std::span<const BridgePort> ports) : settings(of) {
        for (const BridgePort& port : ports) {
            for (const SetElement& element : port_elements(settings, port)) {
                std::string& all = elements[element.set];
                all += (all.empty() ? "" : ", ") + element_text(element);
            }
        }
    }
    [[nodiscard]] std::string set(const std::string& kind, const std::string& name,
                                  const std::string& type) const {
        const auto found = elements.find(name);
        const std::string filled =
            found == elements.end() ? "" : fmt::format(" elements = {{ {} }};", found->second);
        return fmt::format("\t{} {} {{ {};{} }}\n", kind, name, type, filled);
    }
};

// A field that is not there, in the first of the fragments of a packet, makes a rule not apply: what looks into a
// packet's body accepts, and the rest is dropped. That fragments do not overlap is the kernel's to see.
constexpr std::string_view kPortChains = R"(	chain incoming {
		type filter hook prerouting priority -300; policy accept;
		iifname @filtered goto from_port
	}
	chain from_port {
		iifname . ether saddr != @macs drop
		ether type arp goto from_arp
		ether type ip goto from_ipv4
		ether type ip6 goto from_ipv6
		drop
	}
	chain from_arp {
		arp htype != 1 drop
		arp ptype != ip drop
		arp hlen != 6 drop
		arp plen != 4 drop
		iifname . arp saddr ether != @macs drop
		arp saddr ip 0.0.0.0 arp operation request iifname . arp daddr ip @ipv4s accept
		iifname . arp saddr ip @ipv4s accept
		drop
	}
	chain from_ipv4 {
		udp sport 67 drop
		udp dport 68 drop
		udp dport 67 goto from_client
		iifname . ip saddr @ipv4s accept
		drop
	}
	chain from_client {
		iifname . @th,288,48 @clients goto from_own_client
		drop
	}
	chain from_own_client {
		ip saddr 0.0.0.0 udp sport 68 accept
		iifname . ip saddr @ipv4s accept
		drop
	}
	chain from_ipv6 {
		icmpv6 type { nd-router-advert, nd-redirect } drop
		udp sport 547 drop
		udp dport 546 drop
		icmpv6 type nd-neighbor-advert goto from_advert
		ip6 saddr :: icmpv6 type nd-neighbor-solicit iifname . @th,64,128 @ipv6s accept
		ip6 saddr :: icmpv6 type { nd-router-solicit, mld-listener-report, mld2-listener-report } accept
		iifname . @nh,64,128 @ipv6s accept
		drop
	}
	chain from_advert {
		iifname . @th,64,128 @ipv6s goto from_own_advert
		drop
	}
	chain from_own_advert {
		iifname . @nh,64,128 @ipv6s accept
		drop
	}
)";

std::string port_table(const BridgeSettings& settings, const Sets& sets) {
    if (!settings.filter) return "";
    return fmt::format("table bridge {} {{\n", bridge_table(settings.bridge)) +
           sets.set("set", "filtered", "type ifname") +
           sets.set("set", "macs", "type ifname . ether_addr") +
           sets.set("set", "ipv4s", "type ifname . ipv4_addr") +
           // The client's hardware address in what is sent to a DHCP server.
           sets.set("set", "clients", "typeof iifname . @th,288,48") +
           // Of two places in a packet, the sender of one and what another is about: as bits of the
           // same width.
           sets.set("set", "ipv6s", "typeof iifname . @nh,64,128") + std::string(kPortChains) +
           "}\n";
}

std::string published_chains(const BridgeSettings& settings) {
    const std::string jump = "fib daddr type local goto published";
    return fmt::format(
        "\tchain raw {{\n\t\ttype filter hook prerouting priority -300; policy accept;\n"
        "\t\tiifname \"{}\" ip daddr 127.0.0.0/8 drop\n\t}}\n"
        "\tchain published {{\n"
        "\t\tip6 daddr ::1 return\n" // from which no packet leaves the host
        "\t\tdnat ip to ip daddr . meta l4proto . th dport map @published4_at\n"
        "\t\tdnat ip to meta l4proto . th dport map @published4\n"
        "\t\tdnat ip6 to ip6 daddr . meta l4proto . th dport map @published6_at\n"
        "\t\tdnat ip6 to meta l4proto . th dport map @published6\n\t}}\n"
        "\tchain prerouting {{\n\t\ttype nat hook prerouting priority -100; policy "
        "accept;\n\t\t{}\n\t}}\n"
        "\tchain output {{\n\t\ttype nat hook output priority -100; policy accept;\n\t\t{}\n\t}}\n",
        settings.bridge, jump, jump);
}

// What a container sends to a published port of the host comes back to the bridge; the answer must
// pass here too.
std::string nat_chain(const BridgeSettings& settings) {
    const std::string uplink = settings.uplink.empty()
                                   ? fmt::format("oifname != \"{}\"", settings.bridge)
                                   : fmt::format("oifname \"{}\"", settings.uplink);
    std::string text =
        "\tchain postrouting {\n\t\ttype nat hook postrouting priority 100; policy accept;\n";
    if (settings.ipv4) {
        const Ipv4Network own{settings.ipv4->first(), settings.ipv4->prefix};
        text +=
            fmt::format("\t\toifname \"{}\" ip saddr 127.0.0.0/8 masquerade\n", settings.bridge);
        text += fmt::format("\t\toifname \"{}\" ip saddr {} ct status dnat masquerade\n",
                            settings.bridge, text_of(own));
        if (settings.ipv4_nat)
            text += fmt::format("\t\t{} ip saddr {} masquerade\n", uplink, text_of(own));
    }
    if (settings.ipv6) {
        const std::string own = ipv6_text(ipv6_prefix64(*settings.ipv6)) + "/64";
        text += fmt::format("\t\toifname \"{}\" ip6 saddr {} ct status dnat masquerade\n",
                            settings.bridge, own);
        if (settings.ipv6_nat) text += fmt::format("\t\t{} ip6 saddr {} masquerade\n", uplink, own);
    }
    return text + "\t}\n";
}

std::string filter_chains(const BridgeSettings& settings) {
    const std::string& bridge = settings.bridge;
    std::string text =
        fmt::format("\tchain input {{\n\t\ttype filter hook input priority 0; policy accept;\n"
                    "\t\tiifname \"{}\" udp dport {{ 53, 67, 547 }} accept\n"
                    "\t\tiifname \"{}\" tcp dport 53 accept\n",
                    bridge, bridge);
    // The name server is the containers' and the host's, nobody else's.
    const auto only_here = [&](std::string_view family, const std::string& address) {
        text += fmt::format("\t\tiifname != {{ \"lo\", \"{}\" }} {} daddr {} meta l4proto {{ tcp, "
                            "udp }} th dport 53 drop\n",
                            bridge, family, address);
    };
    if (settings.ipv4) only_here("ip", ipv4_text(settings.ipv4->address));
    if (settings.ipv6) only_here("ip6", ipv6_text(*settings.ipv6));
    text += "\t}\n\tchain forward {\n\t\ttype filter hook forward priority 0; policy accept;\n";
    if (!settings.uplink.empty())
        text +=
            fmt::format("\t\tiifname \"{}\" oifname != {{ \"{}\", \"{}\" }} ct state new drop\n",
                        bridge, bridge, settings.uplink);
    return text + fmt::format("\t\tiifname \"{}\" accept\n\t\toifname \"{}\" accept\n\t}}\n",
                              bridge, bridge);
}

} // namespace

std::string bridge_table(std::string_view bridge) {
    return fmt::format("lxcpp_{}", bridge);
}

std::vector<SetElement> port_elements(const BridgeSettings& settings, const BridgePort& port) {
    const std::string table = bridge_table(settings.bridge);
    std::vector<SetElement> elements;
    if (settings.filter) add_filter_elements(elements, table, port);
    add_published(elements, table, port, false);
    add_published(elements, table, port, true);
    return elements;
}

std::string bridge_ruleset_removal(std::string_view bridge) {
    std::string text;
    // The deletion of a table that is not there is an error; adding one that is there is none.
    for (const std::string_view family : {"inet", "bridge"})
        text += fmt::format("add table {} {}\ndelete table {} {}\n", family, bridge_table(bridge),
                            family, bridge_table(bridge));
    return text;
}

std::string bridge_ruleset(const BridgeSettings& settings, std::span<const BridgePort> ports) {
    const Sets sets(settings, ports);
    return bridge_ruleset_removal(settings.bridge) +
           fmt::format("table inet {} {{\n", bridge_table(settings.bridge)) +
           sets.set("map", "published4",
                    "type inet_proto . inet_service : ipv4_addr . inet_service") +
           sets.set("map", "published4_at",
                    "type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service") +
           sets.set("map", "published6",
                    "type inet_proto . inet_service : ipv6_addr . inet_service") +
           sets.set("map", "published6_at",
                    "type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service") +
           published_chains(settings) + nat_chain(settings) + filter_chains(settings) + "}\n" +
           port_table(settings, sets);
}

} // namespace lxcpp
