// SPDX-License-Identifier: Apache-2.0
#include "base/terminal_text.h"

#include <gtest/gtest.h>

namespace lxcpp {
namespace {

std::string all_of(std::initializer_list<std::string_view> pieces) {
    TerminalText text;
    std::string out;
    for (const std::string_view piece : pieces) out += text.add(piece);
    return out + text.end();
}

TEST(TerminalText, LeavesTheLayoutAlone) {
    EXPECT_EQ(all_of({"one\r\n", "\ttwo\r50 %\r", "\n\n", "end"}), "one\r\n\ttwo\r50 %\r\n\nend");
}

TEST(TerminalText, ShowsWhatATerminalWouldObey) {
    EXPECT_EQ(all_of({"a\x1b]0;title\a\n", "\xc2\x9b"
                                           "2J\b"}),
              "a\\x1b]0;title\\x07\n\\xc2\\x9b2J\\x08");
}

// Whatever the pieces: a character is whole, and what is none is not taken for one.
TEST(TerminalText, CharactersMayBeInTwoPieces) {
    const std::string text = "ä€\U0001f4a9 \xff\x80 \xe2\x82";
    const std::string shown = "ä€\U0001f4a9 \\xff\\x80 \\xe2\\x82";
    for (std::size_t first = 0; first <= text.size(); ++first)
        for (std::size_t second = first; second <= text.size(); ++second)
            EXPECT_EQ(all_of({text.substr(0, first), text.substr(first, second - first),
                              text.substr(second)}),
                      shown)
                << first << " " << second;
    EXPECT_EQ(all_of({"\xc2", "\x9b"}), "\\xc2\\x9b"); // a control in two pieces
}

TEST(TerminalText, ShowsTheBeginOfACharacterAtOnceWhenItIsNone) {
    TerminalText text;
    EXPECT_EQ(text.add("\xf0"), "");
    EXPECT_EQ(text.add("x"), "\\xf0x");
    EXPECT_EQ(text.end(), "");
}

} // namespace
} // namespace lxcpp
