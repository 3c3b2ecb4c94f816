// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include "config/edit.h"

using namespace lxcpp;
using namespace lxcpp::test;

namespace {

std::string set(std::string_view text, std::string_view key, std::vector<std::string> values,
                const std::filesystem::path& name = "f") {
    return with_values(ConfigText(text), name, key, values).text();
}

} // namespace

TEST(Edit, SetReplacesTheLineInItsPlace) {
    EXPECT_EQ(set("# a\nlxc.tty.max = 1\n# b\n", "lxc.tty.max", {"2"}),
              "# a\nlxc.tty.max = 2\n# b\n");
    EXPECT_EQ(set("lxc.cap.drop = chown\n", "lxc.cap.drop", {"kill", "setuid"}),
              "lxc.cap.drop = kill\nlxc.cap.drop = setuid\n");
    EXPECT_EQ(set("lxc.tty.max = 1\n", "lxc.tty.max", {""}), "lxc.tty.max =\n");
}

TEST(Edit, SetMovesBehindAnIncludeThatWouldUndoIt) {
    const ConfigDir dir;
    dir.write("inner", "lxc.tty.max = 9\n");
    EXPECT_EQ(set("lxc.tty.max = 1\nlxc.include = inner\n# end\n", "lxc.tty.max", {"2"},
                  dir.path() / "config"),
              "lxc.include = inner\n# end\nlxc.tty.max = 2\n");
}

TEST(Edit, WhatWouldBreakTheFileIsRefused) {
    EXPECT_EQ(error_of([] { (void)set("lxc.tty.max = 1\n", "lxc.tty.max", {"many"}); }),
              "f:1: lxc.tty.max: \"many\" is not valid, expected an integer from 0 to 2147483647");
    EXPECT_EQ(error_of([] { (void)set("lxc.cap.drop = kill\n", "lxc.cap.keep", {"chown"}); }),
              "f:2: lxc.cap.keep: excludes lxc.cap.drop; clear one of the two lists");
    EXPECT_EQ(error_of([] { (void)set("", "lxc.uts.name", {"a\nlxc.tty.max = 5"}); }),
              "lxc.uts.name: a value may not contain a line break or a NUL byte");
}

TEST(Edit, AFileWithSeveralMistakesCanBeMendedOneByOne) {
    constexpr std::string_view broken = "lxc.tty.max = x\nlxc.pty.max = y\n";
    EXPECT_EQ(set(broken, "lxc.tty.max", {"1"}), "lxc.tty.max = 1\nlxc.pty.max = y\n");
}

TEST(Edit, AddedIsTheLastLine) {
    EXPECT_EQ(with_added(ConfigText("lxc.group = a\n# b\n"), "f", "lxc.group", "c").text(),
              "lxc.group = a\n# b\nlxc.group = c\n");
}

TEST(Edit, WithoutTakesAllLinesOrOne) {
    const ConfigText text("lxc.group = a\nlxc.group = b\n");
    EXPECT_EQ(without(text, "f", "lxc.group", "a").text(), "lxc.group = b\n");
    EXPECT_EQ(without(text, "f", "lxc.group", "").text(), "");
    EXPECT_EQ(error_of([&] { (void)without(text, "f", "lxc.group", "c"); }),
              "f has no line lxc.group = c");
    EXPECT_EQ(error_of([&] { (void)without(text, "f", "lxc.tty.max", ""); }),
              "f has no line lxc.tty.max");
}

TEST(Edit, IncludesThatMoveBecomeAbsolute) {
    ConfigText text("# a\nlxc.include = part.conf\r\nlxc.include = /x/y\nlxc.include =\n"
                    "lxc.include = \"../d/\"\n");
    make_includes_absolute(text, "/etc/lxcpp");
    EXPECT_EQ(text.text(), "# a\nlxc.include = /etc/lxcpp/part.conf\r\nlxc.include = /x/y\n"
                           "lxc.include =\nlxc.include = /etc/d/\n");
}

TEST(Edit, SeveralValuesStandTogetherInThePlaceOfTheOld) {
    EXPECT_EQ(set("# a\nlxc.group = x\n# b\n", "lxc.group", {"y", "z"}),
              "# a\nlxc.group = y\nlxc.group = z\n# b\n");
}

TEST(Edit, SettingAListKeepsTheLineThatClearsWhatAnIncludeGave) {
    const ConfigDir dir;
    dir.write("inner", "lxc.cap.drop = chown\n");
    const auto name = dir.path() / "config";
    const std::string text = set("lxc.include = inner\nlxc.cap.drop =\nlxc.cap.drop = kill\n",
                                 "lxc.cap.drop", {"setuid"}, name);
    EXPECT_EQ(text, "lxc.include = inner\nlxc.cap.drop =\nlxc.cap.drop = setuid\n");
    EXPECT_THAT(load_config_text(text, name).config.caps.drop, testing::ElementsAre("setuid"));
}
