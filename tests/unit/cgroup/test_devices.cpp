// SPDX-License-Identifier: Apache-2.0
#include "cgroup/devices.h"
#include "cgroup/devices_bpf.h"
#include "unit/cgroup/bpf_machine.h"
#include "unit/cgroup/layouts.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp {
namespace {

using namespace test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr unsigned kR = kDeviceRead, kW = kDeviceWrite, kM = kDeviceMknod;

DeviceRule allow(std::string_view text) { return parse_device_rule(true, text); }
DeviceRule deny(std::string_view text) { return parse_device_rule(false, text); }

std::string error_of(std::string_view text) {
    try {
        static_cast<void>(allow(text));
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

bool program_allows(const std::vector<bpf_insn>& program, DeviceType type, std::uint32_t major,
                    std::uint32_t minor, unsigned access) {
    std::uint32_t bits = 0;
    if ((access & kR) != 0) bits |= BPF_DEVCG_ACC_READ;
    if ((access & kW) != 0) bits |= BPF_DEVCG_ACC_WRITE;
    if ((access & kM) != 0) bits |= BPF_DEVCG_ACC_MKNOD;
    bpf_cgroup_dev_ctx request{};
    request.access_type =
        (bits << 16) | static_cast<unsigned>(type == DeviceType::Block ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
    request.major = major;
    request.minor = minor;
    return run_device_program(program, request) == 1;
}

// What the rules allow, and that program and policy agree about it.
bool allowed(const std::vector<DeviceRule>& rules, DeviceType type, std::uint32_t major, std::uint32_t minor,
             unsigned access) {
    const DevicePolicy policy = reduce_device_rules(rules);
    const bool result = device_allowed(policy, type, major, minor, access);
    EXPECT_EQ(program_allows(compile_device_program(policy), type, major, minor, access), result);
    return result;
}

TEST(DeviceRule, ReadsWhatTheKernelReads) {
    EXPECT_EQ(allow("a"), (DeviceRule{.allow = true}));
    EXPECT_EQ(allow(" a *:*  rwm "), (DeviceRule{.allow = true}));
    EXPECT_EQ(deny("c 1:3 rwm"),
              (DeviceRule{.allow = false, .type = DeviceType::Char, .major = 1, .minor = 3}));
    EXPECT_EQ(allow("b *:* m"), (DeviceRule{.allow = true, .type = DeviceType::Block, .access = kM}));
    EXPECT_EQ(print_device_rule(allow("c 136:* wr")), "c 136:* rw");
    EXPECT_EQ(print_device_rule(deny("a *:* rwm")), "a");
}

TEST(DeviceRule, RefusesWhatItCannotMean) {
    EXPECT_EQ(error_of("c 1:3"),
              "device rule 'c 1:3': three fields are needed; expected 'a' or like 'c 1:3 rwm', 'b *:* m'");
    EXPECT_THAT(error_of(""), HasSubstr("three fields are needed"));
    EXPECT_THAT(error_of("c 1 rwm"), HasSubstr("the device is MAJOR:MINOR"));
    EXPECT_THAT(error_of("c 1:3 rwx"), HasSubstr("letters r, w and m"));
    EXPECT_THAT(error_of("d 1:3 r"), HasSubstr("the type is a, b or c"));
    EXPECT_THAT(error_of("c -1:3 r"), HasSubstr("bad device number"));
    EXPECT_THAT(error_of("c 4096:3 r"), HasSubstr("bad device number"));
    EXPECT_THAT(error_of("c 1:1048576 r"), HasSubstr("bad device number"));
    // The kernel would allow everything.
    EXPECT_THAT(error_of("a 1:3 r"), HasSubstr("'a' means all"));
}

TEST(DevicePolicy, AllowListNeedsOneRuleThatCoversTheAccess) {
    const std::vector<DeviceRule> rules = {deny("a"), allow("c 1:3 rw"), allow("c 136:* rwm"), allow("b *:* m")};
    EXPECT_TRUE(allowed(rules, DeviceType::Char, 1, 3, kR));
    EXPECT_TRUE(allowed(rules, DeviceType::Char, 1, 3, kR | kW));
    EXPECT_FALSE(allowed(rules, DeviceType::Char, 1, 3, kR | kM));
    EXPECT_FALSE(allowed(rules, DeviceType::Char, 1, 5, kR));
    EXPECT_FALSE(allowed(rules, DeviceType::Block, 1, 3, kR));
    EXPECT_TRUE(allowed(rules, DeviceType::Char, 136, 1000, kR | kW | kM));
    EXPECT_TRUE(allowed(rules, DeviceType::Block, 8, 0, kM));
    EXPECT_FALSE(allowed(rules, DeviceType::Block, 8, 0, kR));
}

TEST(DevicePolicy, DenyListRefusesAnyOverlap) {
    const std::vector<DeviceRule> rules = {allow("a"), deny("b 8:0 w"), deny("c *:7 rwm")};
    EXPECT_TRUE(allowed(rules, DeviceType::Block, 8, 0, kR));
    EXPECT_FALSE(allowed(rules, DeviceType::Block, 8, 0, kW));
    // Opening for reading and writing must not pass a rule that denies writing.
    EXPECT_FALSE(allowed(rules, DeviceType::Block, 8, 0, kR | kW));
    EXPECT_TRUE(allowed(rules, DeviceType::Block, 8, 1, kR | kW));
    EXPECT_FALSE(allowed(rules, DeviceType::Char, 9, 7, kM));
}

TEST(DevicePolicy, TheLastModeHoldsForTheWholeList) {
    EXPECT_FALSE(reduce_device_rules({}).allow_by_default);
    EXPECT_FALSE(allowed({}, DeviceType::Char, 1, 3, kR));
    const std::vector<DeviceRule> rules = {allow("a"), allow("c 10:200 rwm"), deny("a")};
    EXPECT_TRUE(allowed(rules, DeviceType::Char, 10, 200, kR));
    EXPECT_FALSE(allowed(rules, DeviceType::Char, 1, 3, kR));
}

TEST(DevicePolicy, TheDefaultsOwnSignOnlyTakesAway) {
    const std::vector<DeviceRule> rules = {deny("a"), allow("c 1:3 rwm"), deny("c 1:3 w"), deny("c 1:5 r"),
                                           allow("c 1:5 r")};
    EXPECT_TRUE(allowed(rules, DeviceType::Char, 1, 3, kR));
    EXPECT_FALSE(allowed(rules, DeviceType::Char, 1, 3, kW));
    EXPECT_TRUE(allowed(rules, DeviceType::Char, 1, 5, kR));
    // An allow rule in a deny-list does not make a hole in a wider denial.
    EXPECT_FALSE(allowed({allow("a"), deny("c 1:* rwm"), allow("c 1:3 rwm")}, DeviceType::Char, 1, 3, kR));
}

TEST(DevicePolicy, JoinsRulesForTheSameDevice) {
    const std::vector<DeviceRule> rules = {deny("a"), allow("c 1:3 r"), allow("c 1:3 w")};
    EXPECT_TRUE(allowed(rules, DeviceType::Char, 1, 3, kR | kW));
    EXPECT_EQ(reduce_device_rules(rules).exceptions.size(), 1u);
}

TEST(DevicePolicy, ProgramAgreesEverywhere) {
    const std::vector<DeviceRule> exceptions = {allow("c 1:3 rwm"), allow("c *:2 r"), allow("b 1:* w"),
                                                allow("b *:* m"),   allow("c 5:1 rm"), allow("c 1:* m")};
    for (const bool by_default : {false, true}) {
        DevicePolicy policy{by_default, exceptions};
        for (DeviceRule& rule : policy.exceptions) rule.allow = !by_default;
        const auto program = compile_device_program(policy);
        for (const DeviceType type : {DeviceType::Block, DeviceType::Char}) {
            for (std::uint32_t major = 0; major < 7; ++major) {
                for (std::uint32_t minor = 0; minor < 5; ++minor) {
                    for (unsigned access = 1; access < 8; ++access) {
                        EXPECT_EQ(program_allows(program, type, major, minor, access),
                                  device_allowed(policy, type, major, minor, access))
                            << major << ':' << minor << ' ' << access;
                    }
                }
            }
        }
    }
}

TEST(DeviceDefaults, AllowTheUsualNodesOnly) {
    const auto rules = default_device_rules();
    EXPECT_TRUE(allowed(rules, DeviceType::Char, 1, 3, kR | kW));
    EXPECT_TRUE(allowed(rules, DeviceType::Char, 136, 7, kR | kW));
    EXPECT_TRUE(allowed(rules, DeviceType::Char, 1, 3, kM));
    EXPECT_FALSE(allowed(rules, DeviceType::Block, 8, 0, kM)); // a disk: not even a node
    EXPECT_FALSE(allowed(rules, DeviceType::Block, 8, 0, kR));
    EXPECT_FALSE(allowed(rules, DeviceType::Char, 1, 1, kR));    // /dev/mem
    EXPECT_FALSE(allowed(rules, DeviceType::Char, 10, 229, kR)); // fuse
    EXPECT_FALSE(allowed(rules, DeviceType::Char, 10, 200, kR)); // tun
}

TEST(DevicePlan, UsesWhatTheHostHas) {
    CgroupOptions options;
    options.v1 = {{"devices.deny", "a"}, {"memory.limit_in_bytes", "1G"}, {"devices.allow", "c 1:3 rwm"}};
    options.v2 = {{"devices.deny", "a"}};
    EXPECT_EQ(plan_devices(hybrid_host(), options).v1, (std::vector{deny("a"), allow("c 1:3 rwm")}));
    EXPECT_EQ(plan_devices(hybrid_host(), options).v2, (std::vector{deny("a")}));
    EXPECT_THAT(plan_devices(unified_host(), options).v1, IsEmpty());
    EXPECT_THAT(plan_devices(unified_host(), options).v2, ElementsAre(deny("a")));
    EXPECT_THAT(plan_devices(legacy_host(), options).v2, IsEmpty());
}

TEST(DevicePlan, TranslatesRulesOfTheOtherVersionRatherThanDropThem) {
    CgroupOptions v1_only;
    v1_only.v1 = {{"devices.deny", "a"}};
    EXPECT_THAT(plan_devices(unified_host(), v1_only).v2, ElementsAre(deny("a")));
    CgroupOptions v2_only;
    v2_only.v2 = {{"devices.deny", "a"}};
    EXPECT_THAT(plan_devices(legacy_host(), v2_only).v1, ElementsAre(deny("a")));
    CgroupLayout none = unified_host();
    none.list[0].writable = false;
    EXPECT_THROW(static_cast<void>(plan_devices(none, v1_only)), Error);
    EXPECT_EQ(plan_devices(none, {}), DevicePlan{});
}

TEST(DevicePlan, RulesAddToTheDefaultsUnlessTheySetTheMode) {
    const std::vector defaults{deny("a"), allow("c 1:3 rwm")};
    EXPECT_EQ(plan_devices(hybrid_host(), {}, defaults).v1, defaults);
    EXPECT_THAT(plan_devices(hybrid_host(), {}, defaults).v2, IsEmpty());
    EXPECT_EQ(plan_devices(unified_host(), {}, defaults).v2, defaults);
    CgroupOptions options;
    options.v2 = {{"devices.allow", "c 10:200 rwm"}};
    const std::vector with_tun{deny("a"), allow("c 1:3 rwm"), allow("c 10:200 rwm")};
    EXPECT_EQ(plan_devices(unified_host(), options, defaults).v2, with_tun);
    EXPECT_EQ(plan_devices(hybrid_host(), options, defaults).v1, defaults);
    EXPECT_EQ(plan_devices(hybrid_host(), options, defaults).v2, with_tun);
    options.v2.insert(options.v2.begin(), {"devices.allow", "a"});
    EXPECT_THAT(plan_devices(unified_host(), options, defaults).v2, ElementsAre(allow("a"), allow("c 10:200 rwm")));
    EXPECT_THAT(plan_devices(hybrid_host(), options, defaults).v1, IsEmpty());
    CgroupLayout none = unified_host();
    none.list[0].writable = false;
    EXPECT_EQ(plan_devices(none, {}, defaults), DevicePlan{});
}

TEST(DevicePlan, RefusesOtherDeviceFiles) {
    CgroupOptions options;
    options.v2 = {{"devices.list", "a"}};
    EXPECT_THROW(static_cast<void>(plan_devices(unified_host(), options)), Error);
}

} // namespace
} // namespace lxcpp
