// SPDX-License-Identifier: Apache-2.0
#include "security/capabilities.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

#include <linux/capability.h>

namespace lxcpp {
namespace {

constexpr int kLast = 40;
constexpr CapabilityMask kAll = (CapabilityMask{1} << (kLast + 1)) - 1;

CapabilityMask bit(int number) { return CapabilityMask{1} << number; }

std::string error_of(const Capabilities& wish) {
    try {
        static_cast<void>(bounding_set(wish, kAll, kLast));
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

TEST(Capabilities, DropTakesAwayFromTheDefaults) {
    EXPECT_EQ(bounding_set({}, kAll, kLast), kAll);
    EXPECT_EQ(bounding_set({.drop = {"sys_admin", "0"}}, kAll, kLast), kAll & ~bit(CAP_SYS_ADMIN) & ~bit(0));
    EXPECT_EQ(bounding_set({.drop = {"chown"}}, bit(CAP_CHOWN) | bit(CAP_KILL), kLast), bit(CAP_KILL));
}

TEST(Capabilities, KeepReplacesTheDefaults) {
    Capabilities keep;
    keep.keep = {"net_raw", "40"};
    EXPECT_EQ(bounding_set(keep, 0, kLast), bit(CAP_NET_RAW) | bit(40));
    keep.keep = std::vector<std::string>();
    EXPECT_EQ(bounding_set(keep, kAll, kLast), 0u);
}

TEST(Capabilities, NeverMoreThanTheKernelHas) {
    EXPECT_EQ(bounding_set({}, ~CapabilityMask{0}, 37), (CapabilityMask{1} << 38) - 1);
    Capabilities keep;
    keep.keep = {"bpf", "kill"};
    EXPECT_EQ(bounding_set(keep, 0, 37), bit(CAP_KILL)); // an older kernel: tolerated
    EXPECT_EQ(bounding_set({}, ~CapabilityMask{0}, 63), ~CapabilityMask{0});
}

TEST(Capabilities, UnknownNamesAreErrors) {
    EXPECT_EQ(error_of({.drop = {"sys_admn"}}), "lxc.cap.drop: unknown capability 'sys_admn' (names are lower "
                                                "case, without cap_; see capabilities(7))");
    EXPECT_EQ(error_of({.drop = {"CHOWN"}}).find("lxc.cap.drop: unknown capability 'CHOWN'"), 0u);
    EXPECT_EQ(error_of({.drop = {"none"}}).find("lxc.cap.drop: unknown capability 'none'"), 0u);
    EXPECT_EQ(error_of({.drop = {"-1"}}).find("lxc.cap.drop: unknown capability '-1'"), 0u);
    EXPECT_EQ(error_of({.drop = {"64"}}).find("lxc.cap.drop: unknown capability '64'"), 0u);
    Capabilities keep;
    keep.keep = {"x"};
    EXPECT_EQ(error_of(keep).find("lxc.cap.keep: unknown capability 'x'"), 0u);
}

TEST(Capabilities, DropAndKeepExcludeEachOther) {
    Capabilities both{.drop = {"chown"}};
    both.keep = {"kill"};
    EXPECT_EQ(error_of(both), "lxc.cap.keep and lxc.cap.drop exclude each other: remove one of them");
}

TEST(Capabilities, DefaultsKeepWhatSystemdNeedsAndDropTheHosts) {
    for (const bool user_namespace : {true, false}) {
        const CapabilityMask mask = default_capabilities(user_namespace);
        for (const int kept : {CAP_SYS_ADMIN, CAP_MKNOD, CAP_NET_ADMIN, CAP_SETUID, CAP_SYS_PTRACE, CAP_SYS_CHROOT}) {
            EXPECT_NE(mask & bit(kept), 0u) << kept;
        }
        for (const int dropped : {CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_TIME, CAP_SYSLOG, CAP_MAC_ADMIN,
                                  CAP_AUDIT_CONTROL, CAP_BPF}) {
            EXPECT_EQ(mask & bit(dropped), 0u) << dropped;
        }
    }
    EXPECT_NE(default_capabilities(true) & bit(CAP_DAC_READ_SEARCH), 0u);
    EXPECT_EQ(default_capabilities(false) & bit(CAP_DAC_READ_SEARCH), 0u);
}

TEST(Capabilities, PrintsNames) {
    EXPECT_EQ(print_capabilities(bit(0) | bit(21) | bit(62)), "chown sys_admin 62");
    EXPECT_EQ(print_capabilities(0), "");
}

} // namespace
} // namespace lxcpp
