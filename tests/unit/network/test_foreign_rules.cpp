// SPDX-License-Identifier: Apache-2.0
#include "network/foreign_firewall.h"

#include <gtest/gtest.h>

using namespace lxcpp;

namespace {

// As nft 1.0.6 prints what Docker has made by iptables.
constexpr const char* kDocker = R"(table ip nat {
	chain DOCKER {
		iifname "docker0" counter packets 0 bytes 0 return
	}
}
table ip filter {
	set blocked {
		type ipv4_addr
		elements = { 192.0.2.1, 192.0.2.2 }
	}
	chain DOCKER-USER {
		counter packets 0 bytes 0 return
	}
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
		counter packets 0 bytes 0 jump DOCKER-USER
		meta l4proto { tcp, udp } th dport { 1, 2 } counter packets 0 bytes 0 accept
		oifname "docker0" ct state established,related counter packets 0 bytes 0 accept
	}
	chain INPUT {
		type filter hook input priority filter; policy accept;
	}
}
table inet lxcpp_lxcppbr0 {
	chain forward {
		type filter hook forward priority filter; policy drop;
	}
}
)";

std::string with(std::string text, const std::string& before, const std::string& line) {
    return text.insert(text.find(before), line);
}

std::string docker_with_accepts() {
    return with(kDocker, "\t\tcounter packets 0 bytes 0 return\n\t}\n\tchain FORWARD",
                "\t\toifname \"lxcppbr0\" counter packets 0 bytes 0 accept\n\t\tiifname "
                "\"lxcppbr0\" counter packets 0 bytes 0 accept\n");
}

} // namespace

TEST(ForeignRules, DockerDropsAndHasAPlaceForOthers) {
    const auto found = obstacles_in(kDocker, "lxcppbr0");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0],
              (Obstacle{Firewall::Docker, "ip", "filter", "FORWARD", "forward", false, false}));
    EXPECT_EQ(describe(found[0]),
              "Docker drops packets that are forwarded (table ip filter, chain FORWARD)");
    EXPECT_EQ(advice_for(found[0], "lxcppbr0"), "iptables -I DOCKER-USER -i lxcppbr0 -j ACCEPT && "
                                                "iptables -I DOCKER-USER -o lxcppbr0 -j ACCEPT");
    const auto passing = obstacles_in(docker_with_accepts(), "lxcppbr0");
    ASSERT_EQ(passing.size(), 1u);
    EXPECT_TRUE(passing[0].passes);
    EXPECT_FALSE(obstacles_in(docker_with_accepts(), "lxcppbr1")[0].passes);
}

TEST(ForeignRules, UfwAndFirewalldHaveTheirOwnWords) {
    const auto ufw = obstacles_in("table ip filter {\n\tchain ufw-user-forward {\n\t}\n\tchain "
                                  "INPUT {\n\t\ttype filter hook input priority "
                                  "filter; policy drop;\n\t}\n\tchain FORWARD {\n\t\ttype filter "
                                  "hook forward priority filter; policy "
                                  "drop;\n\t}\n}\n",
                                  "br");
    ASSERT_EQ(ufw.size(), 2u);
    EXPECT_EQ(ufw[0].owner, Firewall::Ufw);
    EXPECT_EQ(advice_for(ufw[0], "br"),
              "ufw allow in on br to any port 67 proto udp && ufw allow in on br to any port 53");
    EXPECT_EQ(advice_for(ufw[1], "br"), "ufw route allow in on br && ufw route allow out on br");
    const char* const firewalld = "table inet firewalld {\n\tchain filter_FORWARD {\n\t\ttype "
                                  "filter hook forward priority filter + 10; "
                                  "policy accept;\n\t\tct state { established, related } "
                                  "accept\n\t\tjump filter_FORWARD_ZONES\n\t\treject "
                                  "with icmpx admin-prohibited\n\t}\n\tchain filter_FORWARD_ZONES "
                                  "{\n\t\tiifname \"eth0\" goto "
                                  "filter_FWD_public\n\t}\n}\n";
    const auto found = obstacles_in(firewalld, "br");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].owner, Firewall::Firewalld);
    EXPECT_FALSE(found[0].passes);
    EXPECT_TRUE(obstacles_in(with(firewalld, "\t\tiifname \"eth0\"",
                                  "\t\tiifname \"br\" goto filter_FWD_trusted\n"),
                             "br")[0]
                    .passes);
}

TEST(ForeignRules, OthersAreExplained) {
    const char* const own =
        "table inet mine {\n\tchain c {\n\t\ttype filter hook forward priority 0; policy "
        "drop;\n\t}\n"
        "\tchain n {\n\t\ttype nat hook input priority 0; policy accept;\n\t}\n}\n";
    const auto found = obstacles_in(own, "br");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(advice_for(found[0], "br"), "nft insert rule inet mine c iifname br accept && nft "
                                          "insert rule inet mine c oifname br accept");
    EXPECT_TRUE(others_forward(own, "br"));
    EXPECT_FALSE(others_forward("table inet lxcpp_br {\n\tchain forward {\n\t\ttype filter hook "
                                "forward priority 0; policy accept;\n\t}\n}\n",
                                "br"));
    EXPECT_TRUE(obstacles_in("table bridge b {\n\tchain c {\n\t\ttype filter hook forward priority "
                             "0; policy drop;\n\t}\n}\n",
                             "br")
                    .empty());
    for (const char* text : {"", "table", "table ip x {", "}\n}\n", "chain c {\n",
                             "table ip x {\n\tchain\n", "{{{{\ntable ip x {\n"})
        EXPECT_TRUE(obstacles_in(text, "br").empty()) << text;
}

TEST(ForeignRules, LegacyTablesCountToo) {
    const auto found = obstacles_in_legacy(
        "-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-N DOCKER-USER\n", "ip6", "br");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].owner, Firewall::Docker);
    EXPECT_EQ(advice_for(found[0], "br"), "ip6tables-legacy -I DOCKER-USER -i br -j ACCEPT && "
                                          "ip6tables-legacy -I DOCKER-USER -o br -j ACCEPT");
    EXPECT_FALSE(found[0].passes);
    EXPECT_TRUE(obstacles_in_legacy(
                    "-P FORWARD DROP\n-A FORWARD -i br -j ACCEPT\n-A FORWARD -o br -j ACCEPT\n",
                    "ip", "br")[0]
                    .passes);
    EXPECT_TRUE(obstacles_in_legacy("", "ip", "br").empty());
}
