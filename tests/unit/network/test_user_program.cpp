// SPDX-License-Identifier: Apache-2.0
#include "network/user_program.h"

#include "network/nic.h"
#include "plan/user_nic.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

using namespace lxcpp;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

const std::filesystem::path kDirectory = "/run/x";
const UserHost kBoth{.pasta = "/usr/bin/pasta",
                     .slirp4netns = "/usr/bin/slirp4netns",
                     .obsolete_pasta = "",
                     .ipv4 = true,
                     .ipv6 = true,
                     .tun = "",
                     .resolvers = {"192.0.2.53"}};
const UserProgram kPasta{UserProgramKind::Pasta, "/usr/bin/pasta"};
const UserProgram kSlirp{UserProgramKind::Slirp4netns, "/usr/bin/slirp4netns"};

std::string chosen(const UserHost& host) {
    const auto choice = choose_user_program(host);
    if (const auto* const program = std::get_if<UserProgram>(&choice))
        return std::string(name_of(program->kind));
    return std::get<std::string>(choice);
}

TEST(UserPrograms, PastaIsTakenWhereItCanBe) {
    EXPECT_EQ(chosen(kBoth), "pasta");
    UserHost host = kBoth;
    host.ipv4 = false;
    EXPECT_EQ(chosen(host), "pasta");
    host.ipv6 = false; // it copies what the host has
    EXPECT_EQ(chosen(host), "slirp4netns");
    host.slirp4netns.reset();
    EXPECT_THAT(chosen(host), HasSubstr("slirp4netns (a package of that name) does not"));
    host = kBoth;
    host.pasta.reset();
    EXPECT_EQ(chosen(host), "slirp4netns");
    host.slirp4netns.reset();
    EXPECT_THAT(chosen(host), HasSubstr("install the package passt or slirp4netns"));
    host.obsolete_pasta = "/usr/bin/pasta is too old";
    EXPECT_THAT(chosen(host), HasSubstr("/usr/bin/pasta is too old"));
    host = kBoth;
    host.tun = "no tun";
    EXPECT_EQ(chosen(host), "no tun");
}

TEST(UserPrograms, APastaWithoutAnOptionThatIsNeededIsTooOld) {
    const std::string program("no-map-gw\0tcp-ns\0udp-ns\0dns-forward\0dhcp-dns\0", 45);
    EXPECT_TRUE(is_capable_pasta(program));
    EXPECT_FALSE(is_capable_pasta(""));
    for (const char* option : {"no-map-gw", "tcp-ns", "udp-ns", "dns-forward", "dhcp-dns"}) {
        std::string other = program;
        other.replace(other.find(option), 4, "XXXX");
        EXPECT_FALSE(is_capable_pasta(other)) << option;
    }
}

TEST(UserPrograms, NameServersAreAddresses) {
    EXPECT_THAT(resolvers_of("# nameserver 1.1.1.1\nsearch example\nnameserver 127.0.0.53\n"
                             "nameserver fe80::1%eth0\nnameserver\nnameserver  2001:DB8::1\n"),
                ElementsAre("127.0.0.53", "2001:db8::1"));
    EXPECT_THAT(resolvers_of(""), IsEmpty());
}

NicPlan nic_of(bool ipv6) {
    NicPlan nic{.type = NetType::User, .name = "eth0", .up = true};
    complete_user_nic(nic);
    if (ipv6) add_user_ipv6(nic);
    return nic;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> result;
    std::string word;
    for (const char c : text) {
        if (c != ' ')
            word += c;
        else
            result.push_back(std::exchange(word, ""));
    }
    result.push_back(word);
    return result;
}

TEST(UserPrograms, PastaIsToldEverything) {
    const std::vector<PublishedPort> publish{
        {"", 8080, 80, false}, {"127.0.0.1", 5353, 53, true}, {"2001:db8::1", 8443, 443, false}};
    const UserCommand command = user_command(kPasta, nic_of(true), publish, kBoth, kDirectory);
    EXPECT_EQ(command.argv,
              words("/usr/bin/pasta -f -q --no-map-gw -T none -U none -P /proc/self/fd/1 -I eth0 "
                    "-m 65520 --dhcp-dns -a 10.0.2.15 -n 24 -g 10.0.2.2 --dns-forward 10.0.2.3 "
                    "-a fd00::15 -g fd00::2 --dns-forward fd00::3 -t 8080:80 "
                    "-t 2001:db8::1/8443:443 -u 127.0.0.1/5353:53 "
                    "--userns /run/x/userns --netns /run/x/netns"));
    EXPECT_EQ(command.ready, 1);
    EXPECT_FALSE(command.as_root_inside);
    EXPECT_THAT(command.forwards, IsEmpty());
    EXPECT_EQ(command.resolv_conf, "nameserver 192.0.2.53\nnameserver 10.0.2.3\n");
}

TEST(UserPrograms, PastaForwardsNothingThatIsNotAskedFor) {
    UserHost host = kBoth;
    host.ipv6 = false;
    host.resolvers = {"127.0.0.53", "::1"};
    const UserCommand command = user_command(kPasta, nic_of(false), {}, host, kDirectory);
    EXPECT_EQ(command.argv,
              words("/usr/bin/pasta -f -q --no-map-gw -T none -U none -P /proc/self/fd/1 -I eth0 "
                    "-m 65520 --dhcp-dns -4 -a 10.0.2.15 -n 24 -g 10.0.2.2 --dns-forward 10.0.2.3 "
                    "-t none -u none --userns /run/x/userns --netns /run/x/netns"));
    EXPECT_EQ(command.resolv_conf, "nameserver 127.0.0.53\nnameserver ::1\nnameserver 10.0.2.3\n");
}

TEST(UserPrograms, Slirp4netnsIsToldEverything) {
    const std::vector<PublishedPort> publish{{"", 8080, 80, false}, {"127.0.0.1", 5353, 53, true}};
    const UserCommand command = user_command(kSlirp, nic_of(true), publish, kBoth, kDirectory);
    EXPECT_EQ(command.argv,
              words("/usr/bin/slirp4netns --mtu=65520 --disable-host-loopback --enable-sandbox "
                    "--enable-seccomp --cidr=10.0.2.0/24 --ready-fd=3 "
                    "--api-socket=/proc/self/fd/4/api --enable-ipv6 --netns-type=path "
                    "/proc/self/fd/5 eth0"));
    EXPECT_EQ(command.ready, kReadyPipe);
    EXPECT_TRUE(command.as_root_inside);
    EXPECT_EQ(command.forwards, publish);
    EXPECT_EQ(command.resolv_conf, ""); // it looks again while it runs
    EXPECT_THAT(user_command(kSlirp, nic_of(false), {}, kBoth, kDirectory).argv,
                Not(Contains("--enable-ipv6")));
}

std::string refusal(const NicPlan& nic, const std::vector<PublishedPort>& publish = {}) {
    try {
        (void)user_command(kSlirp, nic, publish, kBoth, kDirectory);
        return "";
    } catch (const ConfigError& error) {
        return error.what();
    }
}

NicPlan with_address(const std::string& address, int prefix, const std::string& gateway = "") {
    NicPlan nic{.type = NetType::User, .name = "eth0"};
    nic.addresses.push_back({AF_INET, address, prefix});
    if (!gateway.empty()) nic.gateways.push_back({.family = AF_INET, .address = gateway});
    complete_user_nic(nic);
    return nic;
}

TEST(UserPrograms, WhatSlirp4netnsCannotDoIsRefusedByItsKey) {
    EXPECT_EQ(refusal(with_address("10.9.0.5", 16)), "");
    EXPECT_THAT(refusal(with_address("10.9.0.5", 26)), HasSubstr("lxc.net.0.ipv4.address"));
    EXPECT_THAT(refusal(with_address("10.9.0.5", 24, "10.9.0.1")),
                HasSubstr("lxc.net.0.ipv4.gateway"));
    EXPECT_EQ(refusal(with_address("10.9.0.5", 24, "10.9.0.2")), "");
    NicPlan nic = nic_of(false);
    nic.addresses.push_back({AF_INET6, "2001:db8::5", 64});
    EXPECT_THAT(refusal(nic), HasSubstr("lxc.net.0.ipv6.address"));
    EXPECT_THAT(refusal(nic_of(false), {{"::1", 8080, 80, false}}), HasSubstr("lxc.publish"));
}

TEST(UserNics, WhatIsLeftOpenIsFilledIn) {
    const NicPlan plain = nic_of(false);
    EXPECT_EQ(user_address(plain, AF_INET)->address, kUserAddress4);
    EXPECT_EQ(user_gateway(plain, AF_INET), "10.0.2.2");
    EXPECT_EQ(user_resolver(plain, AF_INET), "10.0.2.3");
    EXPECT_EQ(user_address(plain, AF_INET6), nullptr);
    EXPECT_TRUE(plain.ipv6_as_host);
    EXPECT_EQ(plain.mtu, kUserMtu);
    EXPECT_EQ(user_network4(with_address("10.9.8.7", 20)), "10.9.0.0/20");
    // Nobody has an address twice.
    const NicPlan second = with_address("10.9.0.2", 24);
    EXPECT_EQ(user_gateway(second, AF_INET), "10.9.0.1");
    EXPECT_EQ(user_resolver(second, AF_INET), "10.9.0.3");
    const NicPlan third = with_address("10.9.0.3", 29);
    EXPECT_EQ(user_gateway(third, AF_INET), "10.9.0.2");
    EXPECT_EQ(user_resolver(third, AF_INET), "10.9.0.1");
    EXPECT_EQ(user_resolver(with_address("10.9.0.1", 29, "10.9.0.3"), AF_INET), "10.9.0.2");
}

TEST(UserNics, ADeviceOfABridgeLeavesTheBridgesAddressesBehind) {
    NicPlan veth{.index = 3, .type = NetType::Veth, .name = "lan", .link = "br0"};
    veth.hwaddr = "10:66:6a:00:00:01";
    veth.mtu = 1400;
    veth.up = true;
    veth.addresses.push_back({AF_INET, "10.99.0.5", 24});
    veth.gateways.push_back({.family = AF_INET, .kind = GatewayKind::Link});
    veth.script_up = RunProgram{.what = {}, .argv = {"/bin/x", "c1", "net", "up", "veth"}, .env = {"A=1", "LXC_NET_TYPE=veth"}};
    veth.script_down = RunProgram{.what = {}, .argv = {"/bin/x", "c1", "net", "down", "veth"}, .env = {}};
    const NicPlan nic = as_user_nic(veth);
    EXPECT_EQ(nic.index, 3u);
    EXPECT_EQ(nic.type, NetType::User);
    EXPECT_EQ(nic.name, "lan");
    EXPECT_EQ(nic.link, "");
    EXPECT_EQ(nic.hwaddr, veth.hwaddr);
    EXPECT_EQ(nic.mtu, 1400u);
    EXPECT_TRUE(nic.up);
    EXPECT_EQ(user_address(nic, AF_INET)->address, kUserAddress4);
    EXPECT_EQ(user_gateway(nic, AF_INET), "10.0.2.2");
    // The scripts are told what it is, at its beginning and at its end.
    EXPECT_EQ(nic.script_up->argv.back(), "user");
    EXPECT_THAT(nic.script_up->env, ElementsAre("A=1", "LXC_NET_TYPE=user"));
    EXPECT_EQ(nic.script_down->argv.back(), "user");
}

} // namespace
