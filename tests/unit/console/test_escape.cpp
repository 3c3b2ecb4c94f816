// SPDX-License-Identifier: Apache-2.0
#include "console/escape.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

namespace lxcpp {
namespace {

constexpr char kA = 1;

std::string typed(EscapeFilter& filter, std::string_view text) { return filter.feed(text).data; }

TEST(Escape, PrefixIsALetterOrACaret) {
    EXPECT_EQ(parse_escape("a"), char{1});
    EXPECT_EQ(parse_escape("z"), char{26});
    EXPECT_EQ(parse_escape("^a"), char{1});
    EXPECT_EQ(parse_escape("^A"), char{1});
    EXPECT_EQ(parse_escape("^]"), char{29});
    EXPECT_EQ(parse_escape("none"), std::nullopt);
    for (const char* bad : {"", "A", "1", "^", "^1", "aa", "^ab", "\x01"}) {
        EXPECT_NE(test::error_of([&] { (void)parse_escape(bad); }), "") << bad;
    }
    EXPECT_EQ(test::error_of([] { (void)parse_escape("\x1b[2J"); }),
              "escape prefix \"\\x1b[2J\" is not one of a..z, ^a..^z or none");
}

TEST(Escape, PrefixThenQDetaches) {
    EscapeFilter filter(kA);
    const EscapeFilter::Result result = filter.feed("ls\x01qrm -rf");
    EXPECT_EQ(result.data, "ls");
    EXPECT_TRUE(result.detach);
}

TEST(Escape, PrefixMayComeInAnotherPiece) {
    EscapeFilter filter(kA);
    EXPECT_EQ(typed(filter, "x\x01"), "x");
    EXPECT_TRUE(filter.feed("q").detach);
}

TEST(Escape, PrefixTwiceIsThePrefixOnce) {
    EscapeFilter filter(kA);
    EXPECT_EQ(typed(filter, "\x01\x01q"), "\x01q");
    EXPECT_FALSE(filter.feed("q").detach);
    EXPECT_EQ(typed(filter, "\x01\x01\x01"), "\x01");
    EXPECT_TRUE(filter.feed("q").detach);
}

TEST(Escape, PrefixAndAnotherByteBothPass) {
    EscapeFilter filter(kA);
    EXPECT_EQ(typed(filter, "\x01" "e\x01"), "\x01" "e");
    EXPECT_EQ(typed(filter, "x"), "\x01x");
    EXPECT_EQ(typed(filter, "q"), "q");
}

TEST(Escape, WithoutPrefixAllBytesPass) {
    EscapeFilter filter(std::nullopt);
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(typed(filter, bytes), bytes);
    EXPECT_EQ(typed(filter, "\x01q"), "\x01q");
}

} // namespace
} // namespace lxcpp
