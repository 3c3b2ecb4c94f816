// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_profile.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

#include <cerrno>

namespace lxcpp {
namespace {

const SeccompVerdict kAllow{};
const SeccompVerdict kKill{SeccompAction::Kill, 0};
const SeccompVerdict kEperm{SeccompAction::Errno, EPERM};

SeccompPolicy parse(std::string_view text) { return parse_seccomp_profile(text, "p"); }

std::string error_of(std::string_view text) {
    try {
        static_cast<void>(parse(text));
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no error";
}

// Its line and message, whatever the prefix looks like.
void expect_error(std::string_view text, int line, std::string_view message) {
    try {
        static_cast<void>(parse(text));
        ADD_FAILURE() << "accepted: " << text;
    } catch (const ConfigError& error) {
        EXPECT_EQ(error.line(), line) << error.what();
        EXPECT_EQ(error.file(), "p");
        EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
    }
}

TEST(SeccompProfile, ReadsTheProfileThatEveryLxcHas) {
    const SeccompPolicy policy = parse("2\n"
                                       "denylist\n"
                                       "reject_force_umount  # comment this to allow umount -f\n"
                                       "[all]\n"
                                       "kexec_load errno 1\n"
                                       "open_by_handle_at errno 1\n");
    EXPECT_EQ(policy.otherwise, kAllow);
    EXPECT_FALSE(policy.native_only);
    ASSERT_EQ(policy.rules.size(), 3u);
    EXPECT_EQ(policy.rules[0], (SeccompRule{"umount2", SeccompArch::All, {SeccompAction::Errno, EACCES},
                                            {{1, SeccompOp::MaskedEqual, 1, 1}}}));
    EXPECT_EQ(policy.rules[1], (SeccompRule{"kexec_load", SeccompArch::All, kEperm, {}}));
}

TEST(SeccompProfile, DefaultActions) {
    EXPECT_EQ(parse("2\ndenylist\nreboot\n").rules[0].verdict, kKill);
    EXPECT_EQ(parse("2\nblacklist\n").otherwise, kAllow);
    EXPECT_EQ(parse("2\nallowlist\nread\n").rules[0].verdict, kAllow);
    EXPECT_EQ(parse("2\nwhitelist\n").otherwise, kKill);
    EXPECT_EQ(parse("2\nallowlist errno 38\n").otherwise, (SeccompVerdict{SeccompAction::Errno, 38}));
    EXPECT_EQ(parse("2\nallowlist  trap\n").otherwise, (SeccompVerdict{SeccompAction::Trap, 0}));
    EXPECT_EQ(parse("2\ndenylist allow\nreboot\n").rules[0].verdict, kKill);
}

TEST(SeccompProfile, ActionsOfRules) {
    const auto rules = parse("2\ndenylist\na kill\nb errno 0x26\nc allow\nd trap\n").rules;
    EXPECT_EQ(rules[0].verdict, kKill);
    EXPECT_EQ(rules[1].verdict, (SeccompVerdict{SeccompAction::Errno, 38}));
    EXPECT_EQ(rules[2].verdict, kAllow);
    EXPECT_EQ(rules[3].verdict, (SeccompVerdict{SeccompAction::Trap, 0}));
}

TEST(SeccompProfile, ArgumentRules) {
    const auto rules = parse("2\ndenylist\n"
                             "a errno 1 [0,0x10,SCMP_CMP_EQ]\n"
                             "b errno 1 [0,1,SCMP_CMP_NE][ 5 , 020 , >= ] [2,7,SCMP_CMP_MASKED_EQ,0xff]\n"
                             "c [1,18446744073709551615,<]\n"
                             "d [3,2,&=,3]  # why\n").rules;
    EXPECT_EQ(rules[0].compares, (std::vector<SeccompCompare>{{0, SeccompOp::Equal, 16, 0}}));
    EXPECT_EQ(rules[1].compares, (std::vector<SeccompCompare>{{0, SeccompOp::NotEqual, 1, 0},
                                                              {5, SeccompOp::GreaterEqual, 16, 0},
                                                              {2, SeccompOp::MaskedEqual, 7, 0xff}}));
    EXPECT_EQ(rules[2].compares, (std::vector<SeccompCompare>{{1, SeccompOp::Less, ~0ull, 0}}));
    EXPECT_EQ(rules[2].verdict, kKill);
    EXPECT_EQ(rules[3].compares, (std::vector<SeccompCompare>{{3, SeccompOp::MaskedEqual, 2, 3}}));
}

// As in LXC, where the mask is then 0.
TEST(SeccompProfile, AMaskedComparisonWithoutAMaskAlwaysHolds) {
    const auto rules = parse("2\ndenylist\na errno 1 [1,5,&=]\nb [0,1,SCMP_CMP_MASKED_EQ][1,2,==]\n").rules;
    EXPECT_EQ(rules[0].compares, (std::vector<SeccompCompare>{{1, SeccompOp::MaskedEqual, 0, 0}}));
    EXPECT_EQ(rules[1].compares[0], (SeccompCompare{0, SeccompOp::MaskedEqual, 0, 0}));
    EXPECT_EQ(rules[1].compares[1], (SeccompCompare{1, SeccompOp::Equal, 2, 0}));
}

TEST(SeccompProfile, EveryComparisonByNameAndSymbol) {
    const struct {
        const char *name, *symbol;
        SeccompOp op;
    } kRows[] = {{"SCMP_CMP_NE", "!=", SeccompOp::NotEqual},      {"SCMP_CMP_LT", "<", SeccompOp::Less},
                 {"SCMP_CMP_LE", "<=", SeccompOp::LessEqual},     {"SCMP_CMP_EQ", "==", SeccompOp::Equal},
                 {"SCMP_CMP_GE", ">=", SeccompOp::GreaterEqual},  {"SCMP_CMP_GT", ">", SeccompOp::Greater},
                 {"SCMP_CMP_MASKED_EQ", "&=", SeccompOp::MaskedEqual}};
    for (const auto& row : kRows) {
        for (const char* word : {row.name, row.symbol}) {
            const auto policy = parse(std::string("2\ndenylist\nx [0,1,") + word + ",1]\n");
            EXPECT_EQ(policy.rules[0].compares[0].op, row.op) << word;
        }
    }
}

TEST(SeccompProfile, Sections) {
    const auto rules = parse("2\ndenylist\na\n[x86]\nb\n[X86_64]\nc\n\n# none\n[x32]\nd\n[arm64]\ne\n[aarch64]\nf\n"
                             "[all]\ng\n").rules;
    const SeccompArch kArchs[] = {SeccompArch::All,   SeccompArch::X86,   SeccompArch::X86_64, SeccompArch::X32,
                                  SeccompArch::Arm64, SeccompArch::Arm64, SeccompArch::All};
    ASSERT_EQ(rules.size(), std::size(kArchs));
    for (std::size_t i = 0; i < rules.size(); ++i) EXPECT_EQ(rules[i].arch, kArchs[i]) << i;
    expect_error("2\ndenylist\n[vax]\n", 3, "unknown architecture '[vax]'");
    expect_error("2\ndenylist\n[x86\n", 3, "unknown architecture '[x86'");
}

TEST(SeccompProfile, FormatOne) {
    const SeccompPolicy policy = parse("1\nallowlist\n0\n1\n\n60\n");
    EXPECT_TRUE(policy.native_only);
    EXPECT_EQ(policy.otherwise, kKill);
    ASSERT_EQ(policy.rules.size(), 3u);
    EXPECT_EQ(policy.rules[2], (SeccompRule{"60", SeccompArch::All, kAllow, {}}));
    expect_error("1\ndenylist\n", 2, "format 1 knows only 'allowlist'");
    expect_error("1\nallowlist\nread\n", 3, "format 1 has one system call number per line, and this is 'read'");
}

TEST(SeccompProfile, RefusesWhatItDoesNotUnderstand) {
    expect_error("3\ndenylist\n", 1, "the first line must be the format, 1 or 2, and it is '3'");
    expect_error("2\nfoo\n", 2, "the second line must be 'allowlist' or 'denylist'");
    expect_error("2\ndenylist debug\n", 2, "unknown action 'debug'; kill, trap, allow and 'errno N' are known");
    expect_error("2\ndenylist\nx errno\n", 3, "'errno' needs one number from 0 to 4095");
    expect_error("2\ndenylist\nx errno 5000\n", 3, "'errno' needs one number from 0 to 4095");
    expect_error("2\ndenylist\nx kill now\n", 3, "unknown action 'now'");
    expect_error("2\ndenylist\nx notify\n", 3, "the action 'notify' is not supported yet");
    expect_error("2\ndenylist\nx [6,1,==]\n", 3, "the index is 0 to 5");
    expect_error("2\ndenylist\nx [0,1]\n", 3, "an argument rule has 3 or 4 fields");
    expect_error("2\ndenylist\nx [0,one,==]\n", 3, "'one' is not a number");
    expect_error("2\ndenylist\nx [0,1,~]\n", 3, "unknown comparison '~'");
    // (argument & 2) is never 3, and the library would look at the bit that both have alone.
    expect_error("2\ndenylist\nx [0,3,&=,2]\n", 3, "[0,3,&=,2]: the value has bits outside the mask, the fourth field");
    expect_error("2\ndenylist\nx [0,1,==\n", 3, "an argument rule is written [INDEX,VALUE,OP]");
    expect_error("2\ndenylist\nx [0,1,==] kill\n", 3, "an argument rule is written [INDEX,VALUE,OP]");
    expect_error("2\ndenylist\nreject_force_umount kill\n", 3, "takes no action");
    expect_error("2\ndenylist\nx [0,18446744073709551616,==]\n", 3, "is not a number");
    EXPECT_NE(error_of("").find("the file ends before its second line"), std::string::npos);
    EXPECT_NE(error_of("2").find("the file ends before its second line"), std::string::npos);
}

TEST(SeccompProfile, ShowsNoControlCharacters) {
    EXPECT_EQ(error_of("2\ndenylist\nx \x1b[2Jevil\n").find('\x1b'), std::string::npos);
    EXPECT_EQ(error_of("2\ndenylist\n[\x1b]\n").find('\x1b'), std::string::npos);
}

TEST(SeccompProfile, AMissingFileIsNamed) {
    try {
        static_cast<void>(load_seccomp_profile("/nonexistent/profile"));
        FAIL();
    } catch (const SystemError& error) {
        EXPECT_STREQ(error.what(), "open /nonexistent/profile: No such file or directory");
    }
}

} // namespace
} // namespace lxcpp
