// SPDX-License-Identifier: Apache-2.0
#include "network/tap_filter.h"

#include "base/fd.h"
#include "sys/netlink_message.h"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>
#include <vector>

using namespace lxcpp;

namespace {

// The kernel's own interpreter: the filter on a socket that frames are sent to.
class Filtered {
public:
    Filtered() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()),
                  0);
        from_ = Fd(ends[0]);
        to_ = Fd(ends[1]);
        std::vector<sock_filter> copy(tap_filter().begin(), tap_filter().end());
        const sock_fprog program{static_cast<unsigned short>(copy.size()), copy.data()};
        EXPECT_EQ(::setsockopt(to_.raw(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program),
                  0);
    }
    bool passes(const std::string& frame) {
        (void)::send(from_.raw(), frame.data(), frame.size(), 0);
        std::array<char, 256> buffer{};
        return ::recv(to_.raw(), buffer.data(), buffer.size(), 0) ==
               static_cast<ssize_t>(frame.size());
    }

private:
    Fd from_;
    Fd to_;
};

std::string ethernet(int type) {
    std::string frame(12, '\x52');
    frame += static_cast<char>(type >> 8);
    frame += static_cast<char>(type & 0xff);
    return frame;
}

std::string frame_to(const std::string& address, const std::string& from6 = "fd00::15") {
    const bool ipv6 = address.find(':') != std::string::npos;
    std::string frame = ethernet(ipv6 ? 0x86dd : 0x0800);
    frame += std::string(ipv6 ? 8 : 16, '\x45');
    if (ipv6) frame += sys::address_bytes(AF_INET6, from6);
    return frame + sys::address_bytes(ipv6 ? AF_INET6 : AF_INET, address) + "payload";
}

TEST(TapFilter, NothingGoesToTheLoopbackOfTheHost) {
    Filtered socket;
    for (const char* address : {"127.0.0.1", "127.255.255.255", "127.0.0.53", "0.0.0.0", "0.1.2.3",
                                "::", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "::ffff:10.0.0.1"})
        EXPECT_FALSE(socket.passes(frame_to(address))) << address;
}

TEST(TapFilter, WhatComesFromNobodyGoesNowhere) {
    Filtered socket;
    EXPECT_FALSE(socket.passes(frame_to("ff02::1:ff00:15", "::")));
    EXPECT_FALSE(socket.passes(frame_to("2001:db8::1", "::1")));
    EXPECT_TRUE(socket.passes(frame_to("ff02::2", "fe80::1")));
    EXPECT_TRUE(socket.passes(frame_to("2001:db8::1", "0:0:0:1::")));
}

TEST(TapFilter, EverythingElseGoes) {
    Filtered socket;
    for (const char* address :
         {"10.0.2.2", "10.0.2.3", "128.0.0.1", "126.255.255.255", "1.0.0.1", "255.255.255.255",
          "224.0.0.1", "192.0.2.1", "2001:db8::1", "fd00::2", "fe80::1", "ff02::2",
          "64:ff9b::192.0.2.1", "1::", "0:1::1", "0:0:1::1", "0:0:0:1::1"})
        EXPECT_TRUE(socket.passes(frame_to(address))) << address;
    EXPECT_TRUE(socket.passes(ethernet(0x0806) + std::string(28, '\x7f'))); // ARP
    EXPECT_FALSE(socket.passes(ethernet(0x0800))); // cut off: nothing that anybody could read
}

} // namespace
