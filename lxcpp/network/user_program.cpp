// SPDX-License-Identifier: Apache-2.0
#include "network/user_program.h"

#include "base/strings.h"
#include "config/codec_net.h"
#include "config/published_port.h"
#include "network/dnsmasq.h"
#include "network/nic.h"
#include "plan/user_nic.h"
#include "sys/file.h"
#include "sys/netlink_routes.h"
#include "sys/tap.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>

namespace lxcpp {
namespace {

constexpr std::size_t kLargestProgram = 16u << 20;
constexpr int kLongestSlirpPrefix = 25; // it gives addresses from the 15th on

bool is_ipv6(std::string_view address) noexcept {
    return address.find(':') != address.npos;
}

bool has_default_route(int family) {
    sys::Netlink host;
    const auto routes = sys::list_routes(host, family);
    return std::ranges::any_of(routes, [](const sys::KnownRoute& one) { return one.prefix == 0; });
}

std::string why_no_tun() {
    try {
        (void)sys::open_file(sys::kTunDevice, {.access = sys::Access::ReadWrite});
        return "";
    } catch (const SystemError& error) {
        return fmt::format("{} cannot be opened ({}): root loads the module tun, and udev then "
                           "gives it the mode 0666",
                           sys::kTunDevice, std::generic_category().message(error.code()));
    }
}

bool is_program(const std::optional<std::filesystem::path>& path) {
    if (!path) return false;
    const auto info = sys::stat_path(*path);
    return info && S_ISREG(info->st_mode) && (info->st_mode & 0111) != 0;
}

std::string ports_of(const PublishedPort& port) {
    const std::string listen = port.listen.empty() ? "" : port.listen + "/";
    return fmt::format("{}{}:{}", listen, port.host_port, port.port);
}

using Words = std::vector<std::string>;

void append(Words& words, std::initializer_list<std::string> more) {
    words.insert(words.end(), more);
}

// pasta has an option for each protocol that may be repeated; without one, none is forwarded.
void add_ports(Words& argv, const std::vector<PublishedPort>& publish, bool udp) {
    bool any = false;
    for (const PublishedPort& port : publish) {
        if (port.udp != udp) continue;
        append(argv, {udp ? "-u" : "-t", ports_of(port)});
        any = true;
    }
    if (!any) append(argv, {udp ? "-u" : "-t", "none"});
}

// pasta passes queries for the resolver's address on to the first name server of this file, and
// tells DHCP clients of all that are not the host's own loopback: the resolver is one more.
std::string pasta_resolv_conf(const NicPlan& nic, const UserHost& host) {
    std::string text;
    for (const std::string& one : host.resolvers) text += "nameserver " + one + '\n';
    for (const int family : {AF_INET, AF_INET6}) {
        const bool known = std::ranges::any_of(host.resolvers, [family](const std::string& one) {
            return is_ipv6(one) == (family == AF_INET6);
        });
        if (known && user_address(nic, family) != nullptr)
            text += "nameserver " + user_resolver(nic, family) + '\n';
    }
    return text;
}

void add_family(Words& argv, const NicPlan& nic, int family) {
    const NicAddress* const one = user_address(nic, family);
    if (one == nullptr) return;
    append(argv, {"-a", one->address});
    if (family == AF_INET) append(argv, {"-n", std::to_string(one->prefix)});
    append(argv, {"-g", user_gateway(nic, family), "--dns-forward", user_resolver(nic, family)});
}

UserCommand pasta_command(const UserProgram& program, const NicPlan& nic,
                          const std::vector<PublishedPort>& publish, const UserHost& host,
                          const std::filesystem::path& directory) {
    UserCommand command;
    // Nothing of the host's loopback: neither by the gateway's address, nor ports in the other
    // direction (-T and -U), which are "auto" otherwise.
    command.argv = {program.path.string(), "-f", "-q", "--no-map-gw", "-T", "none", "-U", "none"};
    append(command.argv, {"-P", "/proc/self/fd/1", "-I", nic.name, "-m", std::to_string(nic.mtu)});
    append(command.argv, {"--dhcp-dns"});
    if (!host.ipv4) append(command.argv, {"-6"});
    if (!host.ipv6) append(command.argv, {"-4"});
    if (host.ipv4) add_family(command.argv, nic, AF_INET);
    if (host.ipv6) add_family(command.argv, nic, AF_INET6);
    add_ports(command.argv, publish, false);
    add_ports(command.argv, publish, true);
    append(command.argv, {"--userns", (directory / kUserFile).string(), "--netns",
                          (directory / kNetworkFile).string()});
    command.resolv_conf = pasta_resolv_conf(nic, host);
    return command;
}

void check_slirp_network(const NicPlan& nic) {
    const NicAddress* const ipv4 = user_address(nic, AF_INET);
    if (ipv4->prefix > kLongestSlirpPrefix)
        refuse(nic, "ipv4.address",
               fmt::format("slirp4netns needs a network of /{} or more addresses; pasta (package "
                           "passt) does not",
                           kLongestSlirpPrefix));
    NicPlan usual = nic;
    std::erase_if(usual.gateways, [](const NicGateway& one) { return one.family == AF_INET; });
    complete_user_nic(usual);
    if (user_gateway(nic, AF_INET) != user_gateway(usual, AF_INET) ||
        !user_gateway(nic, AF_INET).ends_with(".2"))
        refuse(nic, "ipv4.gateway",
               "slirp4netns is at the second address of the network and at no other; pasta "
               "(package passt) can be anywhere");
    const NicAddress* const ipv6 = user_address(nic, AF_INET6);
    if (ipv6 != nullptr && (!ipv6->address.starts_with("fd00::") || ipv6->prefix != kUserPrefix6))
        refuse(nic, "ipv6.address",
               "slirp4netns knows the network fd00::/64 only; pasta (package passt) knows others");
}

UserCommand slirp_command(const UserProgram& program, const NicPlan& nic,
                          const std::vector<PublishedPort>& publish) {
    check_slirp_network(nic);
    for (const PublishedPort& port : publish) {
        if (is_ipv6(port.listen))
            throw ConfigError("", 0, "lxc.publish",
                              fmt::format("{}: slirp4netns publishes on IPv4 only; pasta (package "
                                          "passt) does on IPv6",
                                          published_port_text(port)));
    }
    UserCommand command;
    command.argv = {program.path.string(), fmt::format("--mtu={}", nic.mtu),
                    "--disable-host-loopback", "--enable-sandbox", "--enable-seccomp"};
    append(command.argv,
           {fmt::format("--cidr={}", user_network4(nic)), fmt::format("--ready-fd={}", kReadyPipe),
            fmt::format("--api-socket=/proc/self/fd/{}/{}", kApiDirectory, kApiSocket)});
    if (user_address(nic, AF_INET6) != nullptr) command.argv.emplace_back("--enable-ipv6");
    append(command.argv,
           {"--netns-type=path", fmt::format("/proc/self/fd/{}", kNetworkNamespace), nic.name});
    command.as_root_inside = true; // without that it has no sandbox by a path
    command.ready = kReadyPipe;
    command.forwards = publish;
    return command;
}

} // namespace

std::string_view name_of(UserProgramKind kind) noexcept {
    return kind == UserProgramKind::Pasta ? "pasta" : "slirp4netns";
}

bool is_capable_pasta(std::string_view program) {
    constexpr std::array needed{"no-map-gw", "dns-forward", "dhcp-dns", "tcp-ns", "udp-ns"};
    return std::ranges::all_of(needed,
                               [&](const char* one) { return program.find(one) != program.npos; });
}

std::vector<std::string> resolvers_of(std::string_view resolv_conf) {
    std::vector<std::string> result;
    for (const std::string_view line : split_lines(resolv_conf)) {
        const auto words = split_words(line);
        if (words.size() < 2 || words[0] != "nameserver") continue;
        try {
            result.push_back(
                parse_address(is_ipv6(words[1]) ? Family::Ipv6 : Family::Ipv4, words[1]));
        } catch (const Error&) { // one on a link (fe80::1%eth0), or a comment: the others do
        }
    }
    return result;
}

UserHost probe_user_host() {
    UserHost host;
    if (auto pasta = host_program("pasta"); is_program(pasta)) {
        // It is not asked: pasta of 2023 has --help printed to the system's log, too.
        if (is_capable_pasta(sys::read_file(*pasta, kLargestProgram)))
            host.pasta = std::move(pasta);
        else
            host.obsolete_pasta = pasta->string() + " is too old";
    }
    if (auto slirp = host_program("slirp4netns"); is_program(slirp))
        host.slirp4netns = std::move(slirp);
    host.ipv4 = has_default_route(AF_INET);
    host.ipv6 = has_default_route(AF_INET6);
    host.tun = why_no_tun();
    host.resolvers = resolvers_of(sys::read_file_if_exists("/etc/resolv.conf").value_or(""));
    return host;
}

std::variant<UserProgram, std::string> choose_user_program(const UserHost& host) {
    if (!host.tun.empty()) return host.tun;
    if (host.pasta && (host.ipv4 || host.ipv6))
        return UserProgram{UserProgramKind::Pasta, *host.pasta};
    if (host.slirp4netns) return UserProgram{UserProgramKind::Slirp4netns, *host.slirp4netns};
    if (host.pasta)
        return "pasta needs a host that has a default route, and this one has none now; "
               "slirp4netns (a package of that name) does not";
    if (!host.obsolete_pasta.empty())
        return host.obsolete_pasta + ", and slirp4netns is not installed: install a newer passt, "
                                     "or slirp4netns";
    return "neither pasta nor slirp4netns is installed: install the package passt or slirp4netns";
}

UserCommand user_command(const UserProgram& program, const NicPlan& nic,
                         const std::vector<PublishedPort>& publish, const UserHost& host,
                         const std::filesystem::path& directory) {
    return program.kind == UserProgramKind::Pasta
               ? pasta_command(program, nic, publish, host, directory)
               : slirp_command(program, nic, publish);
}

} // namespace lxcpp
