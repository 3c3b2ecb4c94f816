// SPDX-License-Identifier: Apache-2.0
#include "common/list_filter.h"
#include "common/nested.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

namespace lxcpp::tools {
namespace {

std::string row(const std::string& more) { return R"([{"name": "a", "state": "RUNNING")" + more + "}]"; }

std::string refusal(const std::string& json, std::size_t depth = 3) {
    return test::error_of([&] { (void)parse_nested(json, depth); });
}

TEST(Nested, ReadsWhatLsPrints) {
    const auto entries = parse_nested(R"([
        {"name": "a", "state": "RUNNING", "pid": 12, "ram": 4096, "swap": null, "autostart": true, "groups": ["web", "x"],
         "interface": ["lo", "eth0"], "ipv4": ["10.0.0.1"], "ipv6": [], "unprivileged": true},
        {"name": "a/b", "state": "STOPPED", "pid": null, "autostart": null, "groups": null, "unprivileged": null}])", 2);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].name, "a");
    EXPECT_EQ(entries[0].state, State::Running);
    EXPECT_EQ(entries[0].pid, 12);
    EXPECT_EQ(entries[0].memory_bytes, 4096U);
    EXPECT_FALSE(entries[0].swap_bytes);
    EXPECT_TRUE(entries[0].autostart);
    EXPECT_TRUE(entries[0].unprivileged);
    EXPECT_EQ(entries[0].groups, (std::vector<std::string>{"web", "x"}));
    EXPECT_EQ(entries[0].interfaces, (std::vector<std::string>{"lo", "eth0"}));
    EXPECT_TRUE(entries[0].broken.empty());
    EXPECT_EQ(entries[1].name, "a/b");
    EXPECT_FALSE(entries[1].pid);
    EXPECT_FALSE(entries[1].broken.empty()); // not guessed at
    EXPECT_TRUE(parse_nested("[]", 1).empty());
}

TEST(Nested, RefusesEverythingElse) {
    for (const std::string& json : std::vector<std::string>{
             "", "{}", "null", "[", "[1]", "[[]]", "[{}]", R"([{"name": "a"}])", R"([{"name": 1, "state": "RUNNING"}])",
             R"([{"name": "a", "state": "running"}])", R"([{"name": "a", "state": "RUNNING"}] x)",
             row(R"(, "pid": -1)"), row(R"(, "pid": 1.5)"), row(R"(, "pid": "1")"), row(R"(, "pid": 4294967296)"),
             row(R"(, "ram": 18446744073709551615)"), row(R"(, "autostart": 1)"), row(R"(, "groups": "web")"),
             row(R"(, "groups": [1])"), row(R"(, "ipv4": [")" + std::string(257, 'x') + R"("])"),
             row(R"(, "unprivileged": "yes")")}) {
        EXPECT_NE(refusal(json).find("printed no listing"), std::string::npos) << json << ": " << refusal(json);
    }
    EXPECT_NE(refusal(std::string(200'000, '[')), "");
}

TEST(Nested, RefusesNamesThatCannotBe) {
    const auto named = [](const std::string& name) { return R"([{"name": ")" + name + R"(", "state": "STOPPED"}])"; };
    for (const char* name : {"", "..", "/a", "a/", "a//b", "../../etc", "a b", "\\u001b[2J", "\\u0000", "a/b"}) {
        EXPECT_NE(refusal(named(name)), "") << name;
    }
    EXPECT_EQ(refusal(named("a")), "");
    const std::string deep = R"([{"name": "a", "state": "STOPPED"}, {"name": "a/b", "state": "STOPPED"}])";
    EXPECT_EQ(refusal(deep, 2), "");
    EXPECT_NE(refusal(deep, 1).find("too deep"), std::string::npos);
    EXPECT_NE(refusal(R"([{"name": "a", "state": "STOPPED"}, {"name": "a", "state": "STOPPED"}])").find("twice"), std::string::npos);
}

TEST(Nested, AnInnerOneIsMatchedByItsOwnNameAndGoesWithTheOuterOne) {
    Cli cli("t", "", "", Cli::Name::None);
    ListFilter filter;
    filter.add_options(cli);
    char program[] = "t";
    char expression[] = "^[ab]";
    char* words[] = {program, expression, nullptr};
    ASSERT_FALSE(cli.parse(2, words));
    filter.finish(cli);
    std::vector<ListEntry> entries(4);
    entries[0].name = "a";
    entries[1].name = "a/b";
    entries[2].name = "a/x";
    entries[3].name = "a/x/b";
    filter.apply(entries);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[1].name, "a/b");
}

} // namespace
} // namespace lxcpp::tools
