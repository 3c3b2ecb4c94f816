// SPDX-License-Identifier: Apache-2.0
#include "base/ascii.h"

#include <gtest/gtest.h>

namespace lxcpp {
namespace {

TEST(Ascii, OnlyItsLettersChange) {
    EXPECT_EQ(ascii_lower("AZ az @[`{ 09 \xc3\x84"), "az az @[`{ 09 \xc3\x84");
    EXPECT_EQ(ascii_lower('Q'), 'q');
    EXPECT_TRUE(same_letters("ETag", "etAG"));
    EXPECT_FALSE(same_letters("etag", "etags"));
    EXPECT_FALSE(same_letters("@", "`")) << "they differ in the same bit";
    EXPECT_TRUE(same_letters("", ""));
}

} // namespace
} // namespace lxcpp
