// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include "config/text.h"

using namespace lxcpp;
using namespace lxcpp::test;

TEST(ParseLine, TakesKeyAndValueApart) {
    const Line line = parse_line("  lxc.uts.name\t=  c1 \r\n");
    EXPECT_EQ(line.kind, LineKind::Assignment);
    EXPECT_EQ(line.key, "lxc.uts.name");
    EXPECT_EQ(line.value, "c1");
}

TEST(ParseLine, AByteOrderMarkHidesNoLine) {
    EXPECT_EQ(parse_line("\xef\xbb\xbflxc.uts.name = c1").key, "lxc.uts.name");
    EXPECT_EQ(parse_line("\xef\xbb\xbf# c").kind, LineKind::Comment);
}

TEST(ParseLine, KnowsTheKindsOfLines) {
    EXPECT_EQ(parse_line("").kind, LineKind::Blank);
    EXPECT_EQ(parse_line(" \t\n").kind, LineKind::Blank);
    EXPECT_EQ(parse_line("  # lxc.uts.name = c1").kind, LineKind::Comment);
    EXPECT_EQ(parse_line("foo = bar").kind, LineKind::Foreign);
    EXPECT_EQ(parse_line("LXC.uts.name = c1").kind, LineKind::Foreign);
    EXPECT_EQ(parse_line("lxc.uts.name c1").kind, LineKind::Malformed);
}

TEST(ParseLine, StripsOnePairOfEqualQuotes) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"\" a \"", " a "},     {"'a'", "a"},   {"\"a'", "\"a'"},   {"\"", "\""},
        {"\"\"a\"\"", "\"a\""}, {"a#b", "a#b"}, {"a = b", "a = b"}, {"a \"b\"", "a \"b\""},
    };
    for (const auto& [written, read] : cases)
        EXPECT_EQ(parse_line("lxc.x = " + std::string(written)).value, read) << written;
}

TEST(QuoteValue, SurvivesTheReader) {
    for (const auto value :
         {"", "a", " a", "a\t", "\"a\"", "'a'", "a\"b", "\"", "''", "  ", "a'"}) {
        const auto line = assignment("lxc.x", value);
        EXPECT_EQ(parse_line(line).value, value) << line;
    }
}

TEST(ConfigText, UnchangedTextIsEqualByteForByte) {
    for (const auto text :
         {"", "\n", "a", "a\r\nb", "# c\n\n lxc.x=1 \nlxc.y = 2", "\n\n\n", "lxc.x = 1\n"})
        EXPECT_EQ(ConfigText(text).text(), text);
}

TEST(ConfigText, SetReplacesTheLastLineAndDropsTheOthers) {
    ConfigText text("# head\nlxc.a = 1\nother\nlxc.a = 2\n# tail\n");
    text.set("lxc.a", "3");
    EXPECT_EQ(text.text(), "# head\nother\nlxc.a = 3\n# tail\n");
}

TEST(ConfigText, SetAppendsAndCompletesALastLineWithoutEnd) {
    ConfigText text("lxc.a = 1");
    text.set("lxc.b", " 2");
    EXPECT_EQ(text.text(), "lxc.a = 1\nlxc.b = \" 2\"\n");
}

TEST(ConfigText, KeepsDosLineEnds) {
    ConfigText text("lxc.a = 1\r\nlxc.b = 2\r\n");
    text.set("lxc.a", "9");
    text.append("lxc.c", "3");
    EXPECT_EQ(text.text(), "lxc.a = 9\r\nlxc.b = 2\r\nlxc.c = 3\r\n");
}

TEST(ConfigText, RemoveTakesAllOrOneValue) {
    ConfigText text("lxc.a = 1\nlxc.a = 2\nlxc.ab = 3\n");
    EXPECT_EQ(text.remove("lxc.a", "2"), 1u);
    EXPECT_EQ(text.text(), "lxc.a = 1\nlxc.ab = 3\n");
    EXPECT_EQ(text.remove("lxc.a"), 1u);
    EXPECT_EQ(text.remove("lxc.a"), 0u);
    EXPECT_EQ(text.text(), "lxc.ab = 3\n");
}

TEST(ConfigText, ValuesGivesTheFilesOwnLines) {
    const ConfigText text("lxc.a = 1\nlxc.a =\nlxc.a = 'x y'\n");
    EXPECT_THAT(text.values("lxc.a"), testing::ElementsAre("1", "", "x y"));
}

TEST(ConfigText, ReplaceKeepsTheLineEnd) {
    ConfigText text("a\r\nb");
    text.replace(0, {"x", "y"});
    text.replace(2, {"z"});
    EXPECT_EQ(text.text(), "x\r\ny\r\nz");
}

TEST(SaveConfig, NewFileIsPrivateToTheGroupAndAnOldOneKeepsItsMode) {
    const ConfigDir dir;
    save_config(ConfigText("lxc.tty.max = 1\n"), dir.path() / "config");
    EXPECT_EQ(sys::stat_path(dir.path() / "config")->st_mode & 07777, 0640u);
    sys::chmod(dir.path() / "config", 0600);
    save_config(ConfigText("lxc.tty.max = 2\n"), dir.path() / "config");
    EXPECT_EQ(sys::stat_path(dir.path() / "config")->st_mode & 07777, 0600u);
    EXPECT_EQ(sys::read_file(dir.path() / "config"), "lxc.tty.max = 2\n");
}
