// SPDX-License-Identifier: Apache-2.0
#include "support/error_of.h"
#include "sys/netlink_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

using namespace lxcpp;
using test::error_of;

using sys::as_bytes;
using sys::NetlinkAttributes;
using sys::NetlinkRequest;
using testing::IsEmpty;

namespace {

constexpr std::size_t kHeader = sizeof(nlmsghdr);

NetlinkAttributes behind_header(const std::string& message, std::size_t fixed) {
    return sys::attributes_behind(std::string_view(message).substr(kHeader), fixed);
}

TEST(NetlinkRequest, HasItsLengthTypeFlagsAndSequence) {
    NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE, as_bytes(ifinfomsg{}));
    request.text(IFLA_IFNAME, "eth0");
    const std::string message = request.finish(7, NLM_F_ACK);
    const auto header = sys::read_as<nlmsghdr>(message);
    EXPECT_EQ(header.nlmsg_len, message.size());
    EXPECT_EQ(header.nlmsg_type, RTM_NEWLINK);
    EXPECT_EQ(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK);
    EXPECT_EQ(header.nlmsg_seq, 7u);
    EXPECT_EQ(message.size() % NLMSG_ALIGNTO, 0u);
    const auto again = sys::read_as<nlmsghdr>(request.finish(8)); // it can be sent twice
    EXPECT_EQ(again.nlmsg_seq, 8u);
    EXPECT_EQ(again.nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE);
}

TEST(NetlinkRequest, AlignsAttributesAndKeepsTheirLengths) {
    NetlinkRequest request(RTM_NEWLINK, 0, as_bytes(ifinfomsg{}));
    request.text(IFLA_IFNAME, "abc")
        .bytes(IFLA_ADDRESS, "\x02\x01")
        .number<std::uint32_t>(IFLA_MTU, 1400);
    const std::string message = request.finish(1);
    const NetlinkAttributes read = behind_header(message, sizeof(ifinfomsg));
    ASSERT_EQ(read.all().size(), 3u);
    EXPECT_EQ(read.find(IFLA_IFNAME), std::string_view("abc\0", 4));
    EXPECT_EQ(read.text(IFLA_IFNAME), "abc");
    EXPECT_EQ(read.find(IFLA_ADDRESS), "\x02\x01");
    EXPECT_EQ(read.number<std::uint32_t>(IFLA_MTU), 1400u);
    EXPECT_EQ(read.number<std::uint32_t>(IFLA_MASTER, 9), 9u);
    EXPECT_EQ(read.find(IFLA_MASTER), std::nullopt);
    EXPECT_EQ(read.text(IFLA_MASTER), "");
}

TEST(NetlinkRequest, NestsAttributesAndAFixedPart) {
    ifinfomsg peer{};
    peer.ifi_index = 5;
    NetlinkRequest request(RTM_NEWLINK, 0, as_bytes(ifinfomsg{}));
    request.nested(IFLA_LINKINFO, [&](NetlinkRequest& info) {
        info.text(IFLA_INFO_KIND, "veth");
        info.nested(IFLA_INFO_DATA, [&](NetlinkRequest& data) {
            data.nested(1, [&](NetlinkRequest& other) {
                other.fixed(as_bytes(peer)).text(IFLA_IFNAME, "eth0");
            });
        });
    });
    request.number<std::uint32_t>(IFLA_MTU, 1); // stands behind, not inside
    const std::string message = request.finish(1);
    const NetlinkAttributes outer = behind_header(message, sizeof(ifinfomsg));
    EXPECT_EQ(outer.number<std::uint32_t>(IFLA_MTU), 1u);
    const NetlinkAttributes info = outer.nested(IFLA_LINKINFO);
    EXPECT_EQ(info.text(IFLA_INFO_KIND), "veth");
    const auto inner = info.nested(IFLA_INFO_DATA).find(1);
    ASSERT_TRUE(inner);
    EXPECT_EQ(sys::read_as<ifinfomsg>(*inner).ifi_index, 5);
    EXPECT_EQ(sys::attributes_behind(*inner, sizeof(ifinfomsg)).text(IFLA_IFNAME), "eth0");
}

TEST(NetlinkAttributes, EndWhereTheyAreDamaged) {
    NetlinkRequest request(RTM_NEWLINK, 0, as_bytes(ifinfomsg{}));
    request.text(IFLA_IFNAME, "eth0").text(IFLA_QDISC, "noqueue");
    const std::string message = request.finish(1);
    const std::string_view attributes =
        std::string_view(message).substr(kHeader + sizeof(ifinfomsg));
    for (std::size_t size = 0; size < attributes.size(); ++size) {
        EXPECT_LE(NetlinkAttributes(attributes.substr(0, size)).all().size(), 1u) << size;
    }
    std::string zero(attributes);
    zero[0] = zero[1] = 0; // an attribute that is shorter than its header would never end
    EXPECT_THAT(NetlinkAttributes(zero).all(), IsEmpty());
}

TEST(NetlinkAttributes, OfTwoOfATypeTheLastCountsAndAllAreThere) {
    NetlinkRequest request(RTM_NEWLINKPROP, 0, {});
    request.text(IFLA_ALT_IFNAME, "first").text(IFLA_ALT_IFNAME, "second");
    const std::string message = request.finish(1);
    const NetlinkAttributes read = behind_header(message, 0);
    EXPECT_EQ(read.text(IFLA_ALT_IFNAME), "second");
    EXPECT_EQ(read.all().size(), 2u);
}

TEST(NetlinkAnswers, AreTakenOneAfterTheOther) {
    const std::string first = NetlinkRequest(RTM_NEWLINK, 0, "abcd").finish(1);
    const std::string second = NetlinkRequest(RTM_NEWADDR, 0, "ef").finish(2);
    const std::string both = first + second;
    std::string_view bytes = both;
    const auto one = sys::take_answer(bytes);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->type, RTM_NEWLINK);
    EXPECT_EQ(one->payload, "abcd");
    const auto two = sys::take_answer(bytes);
    ASSERT_TRUE(two);
    EXPECT_EQ(two->sequence, 2u);
    EXPECT_FALSE(sys::take_answer(bytes));
    for (std::size_t size = 0; size < first.size(); ++size) {
        std::string_view cut = std::string_view(first).substr(0, size);
        EXPECT_FALSE(sys::take_answer(cut)) << size;
    }
}

sys::NetlinkAnswer verdict_of(const std::string& payload, std::uint16_t flags) {
    return {NLMSG_ERROR, flags, 1, payload};
}

TEST(NetlinkVerdict, HasTheKernelsWords) {
    nlmsgerr fixed{};
    fixed.error = -ENODEV;
    fixed.msg.nlmsg_len = static_cast<std::uint32_t>(kHeader + 8);
    NetlinkRequest words(0, 0, {});
    words.number<std::uint32_t>(NLMSGERR_ATTR_OFFS, 40)
        .text(NLMSGERR_ATTR_MSG, "Unknown device type");
    const std::string attributes = words.finish(0).substr(kHeader);
    const std::string fixed_bytes(as_bytes(fixed));

    auto verdict =
        sys::parse_verdict(verdict_of(fixed_bytes + attributes, NLM_F_ACK_TLVS | NLM_F_CAPPED));
    EXPECT_EQ(verdict.error, ENODEV);
    EXPECT_EQ(verdict.message, "Unknown device type");

    verdict = sys::parse_verdict(
        verdict_of(fixed_bytes + std::string(8, 'x') + attributes, NLM_F_ACK_TLVS));
    EXPECT_EQ(verdict.message, "Unknown device type"); // behind the request, which comes back

    verdict = sys::parse_verdict(verdict_of(fixed_bytes + attributes, NLM_F_CAPPED));
    EXPECT_EQ(verdict.message, "");
    verdict = sys::parse_verdict(verdict_of(fixed_bytes, NLM_F_ACK_TLVS)); // less than it says
    EXPECT_EQ(verdict.message, "");
    EXPECT_EQ(sys::parse_verdict(verdict_of(std::string(as_bytes(nlmsgerr{})), 0)).error, 0);
}

TEST(NetlinkTexts, AreHardwareAddressesBothWays) {
    EXPECT_EQ(sys::mac_bytes("10:66:6A:00:ff:01"), std::string("\x10\x66\x6a\x00\xff\x01", 6));
    EXPECT_EQ(sys::mac_text(std::string("\x10\x66\x6a\x00\xff\x01", 6)), "10:66:6a:00:ff:01");
    EXPECT_EQ(sys::mac_text(""), "");
    for (const char* wrong : {"", "1", "10:6", "10:66:6a:xx:00:01", "10:66:", "+1:66", "10-66"}) {
        EXPECT_EQ(error_of([&] { (void)sys::mac_bytes(wrong); }),
                  "\"" + std::string(wrong) + "\" is not a hardware address");
    }
}

TEST(NetlinkTexts, AreAddressesBothWays) {
    EXPECT_EQ(sys::address_bytes(AF_INET, "10.0.3.1"), std::string("\x0a\x00\x03\x01", 4));
    EXPECT_EQ(sys::address_text(AF_INET, std::string("\x0a\x00\x03\x01", 4)), "10.0.3.1");
    EXPECT_EQ(sys::address_text(AF_INET6, sys::address_bytes(AF_INET6, "fd00::1")), "fd00::1");
    EXPECT_EQ(sys::address_text(AF_INET6, "abcd"), "");
    EXPECT_EQ(error_of([] { (void)sys::address_bytes(AF_INET, "fd00::1"); }),
              "\"fd00::1\" is not an IPv4 address");
    EXPECT_EQ(error_of([] { (void)sys::address_bytes(AF_INET6, ""); }),
              "\"\" is not an IPv6 address");
}

} // namespace
