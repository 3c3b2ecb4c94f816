// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

using namespace lxcpp;
using test::error_of;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Strings, TrimTakesEveryBlankAtTheEndsOnly) {
    EXPECT_EQ(trim(" \t\r\n\v\f a b \n"), "a b");
    EXPECT_EQ(trim(" \t "), "");
    EXPECT_EQ(trim(""), "");
}

TEST(Strings, SplitKeepsEmptyFields) {
    EXPECT_THAT(split("a::b:", ':'), ElementsAre("a", "", "b", ""));
    EXPECT_THAT(split("", ':'), ElementsAre(""));
}

TEST(Strings, SplitWordsHasNoEmptyFields) {
    EXPECT_THAT(split_words("  a \t b"), ElementsAre("a", "b"));
    EXPECT_THAT(split_words(" "), IsEmpty());
}

TEST(Strings, SplitLinesCountsALastLineWithoutNewline) {
    EXPECT_THAT(split_lines("a\n\nb"), ElementsAre("a", "", "b"));
    EXPECT_THAT(split_lines("a\n"), ElementsAre("a"));
    EXPECT_THAT(split_lines(""), IsEmpty());
}

TEST(Strings, JoinPutsTheSeparatorBetween) {
    const std::vector<std::string> parts{"a", "", "b"};
    EXPECT_EQ(join(parts, ", "), "a, , b");
    EXPECT_EQ(join({}, ", "), "");
}

TEST(Strings, ParseU64TakesWholeDecimalsOnly) {
    EXPECT_EQ(parse_u64("0"), 0u);
    EXPECT_EQ(parse_u64("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
    for (const char* bad : {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "18446744073709551616"}) {
        EXPECT_FALSE(parse_u64(bad)) << bad;
    }
}

TEST(Strings, ParseIntegerTakesSignsAndHex) {
    EXPECT_EQ(parse_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(parse_integer("+0x1F"), 31);
    EXPECT_EQ(parse_integer("-0x10"), -16);
    EXPECT_EQ(parse_integer("010"), 10);
    for (const char* bad : {"", "-", "0x", "--1", "0x-1", "9223372036854775808", "1k"}) {
        EXPECT_FALSE(parse_integer(bad)) << bad;
    }
}

TEST(Printable, KeepsOrdinaryText) {
    EXPECT_EQ(printable("Grüße, 世界 🐧 \\n"), "Grüße, 世界 🐧 \\n");
}

TEST(Printable, EscapesControlCharacters) {
    EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
    EXPECT_EQ(printable("a\nb\tc\r"), "a\\x0ab\\x09c\\x0d");
    EXPECT_EQ(printable(std::string_view("\0\x7f", 2)), "\\x00\\x7f");
    EXPECT_EQ(printable("\u009b31m"), "\\xc2\\x9b31m"); // the one-byte form of ESC [
}

TEST(Printable, EscapesWhatReordersOrHidesText) {
    EXPECT_EQ(printable("a\u202eb"), "a\\xe2\\x80\\xaeb"); // right-to-left override
    EXPECT_EQ(printable("\u2066"), "\\xe2\\x81\\xa6");     // isolate
    EXPECT_EQ(printable("\u200b"), "\\xe2\\x80\\x8b");     // zero width space
    EXPECT_EQ(printable("\u2028"), "\\xe2\\x80\\xa8");     // line separator
    EXPECT_EQ(printable("\ufeff"), "\\xef\\xbb\\xbf");
}

TEST(Printable, EscapesInvalidUtf8ByteByByte) {
    EXPECT_EQ(printable("\xff\xfe"), "\\xff\\xfe");
    EXPECT_EQ(printable("\x9b"), "\\x9b");
    EXPECT_EQ(printable("\xc0\x9b"), "\\xc0\\x9b");                   // overlong
    EXPECT_EQ(printable("\xe0\x82\x9b"), "\\xe0\\x82\\x9b");          // overlong
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");          // surrogate
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"); // past U+10FFFF
    EXPECT_EQ(printable("\xe4\xb8"), "\\xe4\\xb8");                   // cut short
    EXPECT_EQ(printable("\xe4[\x1b"), "\\xe4[\\x1b");
}

TEST(SplitCommand, GroupsQuotesAndExpandsNothing) {
    EXPECT_THAT(split_command("/bin/echo  a\t'b  c' \"d 'e'\" $HOME *"),
                ElementsAre("/bin/echo", "a", "b  c", "d 'e'", "$HOME", "*"));
    EXPECT_THAT(split_command(R"(a\ b 'c\d' "e\"f" g'h'"i")"),
                ElementsAre("a b", R"(c\d)", R"(e"f)", "ghi"));
    EXPECT_THAT(split_command("a '' \"\""), ElementsAre("a", "", ""));
    EXPECT_THAT(split_command("  "), IsEmpty());
}

TEST(SplitCommand, RefusesWhatIsNotComplete) {
    EXPECT_EQ(error_of([] { (void)split_command("a 'b"); }), "command has an unclosed ': a 'b");
    EXPECT_EQ(error_of([] { (void)split_command("a \"b"); }), "command has an unclosed \": a \"b");
    EXPECT_EQ(error_of([] { (void)split_command("a\\"); }), "command ends in a backslash: a\\");
}

TEST(SplitCommand, KnowsTextWithEscapes) {
    EXPECT_THAT(split_command(R"(echo $'a\nb\t\x41\101\e' x$'\''y $'' "$'" \$'c\d')"),
                ElementsAre("echo", "a\nb\tAA\x1b", "x'y", "", "$'", R"($c\d)"));
    EXPECT_EQ(error_of([] { (void)split_command("a $'b"); }), "command has an unclosed ': a $'b");
    EXPECT_EQ(error_of([] { (void)split_command(R"(a $'b\')"); }), R"(command has an unclosed ': a $'b\')");
    EXPECT_EQ(error_of([] { (void)split_command(R"(a $'\q')"); }), R"(an unknown escape in $'...': a $'\q')");
    EXPECT_EQ(error_of([] { (void)split_command(R"(a $'\0')"); }), R"(a number that is no byte in $'...': a $'\0')");
}

TEST(QuoteCommand, SaysPlainWordsPlainly) {
    EXPECT_EQ(quote_command(std::vector<std::string>{"/bin/sh", "-c", "echo a; b"}), "/bin/sh -c 'echo a; b'");
    EXPECT_EQ(quote_command(std::vector<std::string>{"two words", "", "it's", "a\nb\x01"}),
              R"($'two words' '' $'it\'s' $'a\nb\x01')");
    EXPECT_EQ(error_of([] { (void)quote_command(std::vector<std::string>{std::string("a\0b", 3)}); }),
              "a zero byte cannot be quoted: a\\x00b");
}

TEST(QuoteCommand, IsUndoneBySplitCommand) {
    constexpr std::string_view alphabet("'\"\\$ \n\t\r\x01\x7f#=na\xc3\xa4;x0", 19);
    std::mt19937 random(1); // NOLINT: the same each time
    for (int round = 0; round < 20000; ++round) {
        std::vector<std::string> words(1 + random() % 4);
        for (std::string& word : words) {
            for (std::size_t left = random() % 6; left > 0; --left) word += alphabet[random() % alphabet.size()];
        }
        const std::string line = quote_command(words);
        ASSERT_EQ(split_command(line), words) << line;
        ASSERT_EQ(line.find('\n'), std::string::npos);
        ASSERT_EQ(trim(line), line);
        ASSERT_FALSE(line.starts_with('\'') || line.starts_with('"')) << line; // what a configuration takes off
    }
}

TEST(AnsiQuote, IsUndoneByAnsiUnquote) {
    EXPECT_EQ(ansi_unquote(ansi_quote("a\n'\\\"")), "a\n'\\\"");
    EXPECT_EQ(ansi_unquote("$'a'b"), std::nullopt);
    EXPECT_EQ(ansi_unquote("$'a"), std::nullopt);
    EXPECT_EQ(ansi_unquote("'a'"), std::nullopt);
    EXPECT_EQ(ansi_unquote(R"($'\q')"), std::nullopt);
}

TEST(QuoteEnvironment, TouchesOnlyWhatOneLineCannotHold) {
    EXPECT_EQ(quote_environment("A=b 'c' $x"), "A=b 'c' $x");
    EXPECT_EQ(quote_environment("A=b\nc"), "A=$'b\\nc'");
    EXPECT_EQ(quote_environment("A= b"), "A=$' b'");
    EXPECT_EQ(quote_environment("A=$'b'"), "A=$'$\\'b\\''");
    EXPECT_EQ(quote_environment("A"), "A");
}

TEST(Strings, HexAndHash) {
    const std::vector<std::uint8_t> bytes{0x00, 0xab, 0xff};
    EXPECT_EQ(to_hex(bytes), "00abff");
    EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325u); // the published test vectors
    EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cu);
    EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8u);
}
