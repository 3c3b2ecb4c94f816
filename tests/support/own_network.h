// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/file.h"
#include "sys/namespace.h"
#include "sys/netlink_link.h"

#include <gtest/gtest.h>

#include <memory>
#include <sched.h>

namespace lxcpp::test {

// Tests of networks: each in a network namespace of its own, with a second one beside it.
class OwnNetwork : public testing::Test {
protected:
    void SetUp() override {
        machine = sys::open_file("/proc/self/ns/net");
        sys::unshare_namespaces(CLONE_NEWNET);
        other = sys::open_file("/proc/self/ns/net");
        sys::unshare_namespaces(CLONE_NEWNET);
        own = sys::open_file("/proc/self/ns/net");
        netlink = std::make_unique<sys::Netlink>();
        inside = std::make_unique<sys::Netlink>(sys::Netlink::inside(other));
    }
    void TearDown() override { sys::enter_namespace(machine, CLONE_NEWNET); }

    sys::NetLink link(const std::string& name) { return link_of(*netlink, name); }
    sys::NetLink link_inside(const std::string& name) { return link_of(*inside, name); }
    static sys::NetLink link_of(sys::Netlink& where, const std::string& name) {
        const auto found = sys::find_link(where, name);
        EXPECT_TRUE(found) << name;
        return found.value_or(sys::NetLink{});
    }

    Fd machine;
    Fd own;
    Fd other;
    std::unique_ptr<sys::Netlink> netlink; // of own
    std::unique_ptr<sys::Netlink> inside;  // of other
};

} // namespace lxcpp::test
