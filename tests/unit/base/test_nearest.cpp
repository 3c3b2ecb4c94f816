// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <gtest/gtest.h>
#include <vector>

namespace lxcpp {
namespace {

TEST(Nearest, EditDistance) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("abc", ""), 3u);
    EXPECT_EQ(edit_distance("abc", "abd"), 1u);
    EXPECT_EQ(edit_distance("abc", "acb"), 1u); // neighbours swapped
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, FindsOnlyWhatMayBeASlipOfThePen) {
    const std::vector<std::string> names{"alpine", "debian", "devuan"};
    EXPECT_EQ(nearest("debain", names), "debian");
    EXPECT_EQ(nearest("gentoo", names), std::nullopt);
    EXPECT_EQ(nearest(std::string(5000, 'x'), names), std::nullopt);
}

} // namespace
} // namespace lxcpp
