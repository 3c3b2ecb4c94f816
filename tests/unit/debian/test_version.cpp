// SPDX-License-Identifier: Apache-2.0
#include "debian/version.h"

#include <gtest/gtest.h>

#include <string_view>
#include <tuple>

namespace lxcpp::debian {
namespace {

// left, right, sign of the comparison; each row also holds turned around. The same table was checked
// against dpkg --compare-versions.
constexpr std::tuple<std::string_view, std::string_view, int> kOrder[] = {
    {"1.0", "1.0", 0},
    {"1.0", "1.0-0", 0},
    {"0:1.0", "1.0", 0},
    {"1.0-1", "1.0-2", -1},
    {"1.2", "1.10", -1},
    {"1:0.1", "9.9", 1},
    {"10:1", "9:1", 1},
    {"1.0~rc1", "1.0", -1},
    {"1.0~~", "1.0~", -1},
    {"1.0~", "1.0", -1},
    {"1.0a", "1.0", 1},
    {"1.0a", "1.0+", -1},
    {"1.0-1~bpo1", "1.0-1", -1},
    {"2.36-9+deb12u10", "2.36-9+deb12u9", 1},
    {"007", "7", 0},
    {"1.002", "1.2", 0},
    {"1.0-a-1", "1.0-a-2", -1},
    {"1.2.3", "1.2", 1},
    {"12345678901234567890123", "12345678901234567890124", -1},
    {"5.2.15-2+b7", "5.2.15-2", 1},
    {"252.38-1~deb12u1", "252.38", 1},
    {"1.a", "1.0", 1},
    {"20230311+deb12u1", "20230311", 1},
};

TEST(DebianVersion, OrdersAsPolicySays) {
    for (const auto& [left, right, sign] : kOrder) {
        const auto order = compare_versions(left, right);
        const int got = order < 0 ? -1 : order > 0 ? 1 : 0;
        EXPECT_EQ(got, sign) << left << " against " << right;
        const auto back = compare_versions(right, left);
        EXPECT_EQ(back < 0 ? -1 : back > 0 ? 1 : 0, -sign) << right << " against " << left;
    }
}

TEST(DebianVersion, KnowsWhatAVersionIs) {
    EXPECT_TRUE(valid_version("1:2.36-9+deb12u10"));
    EXPECT_TRUE(valid_version("0"));
    EXPECT_FALSE(valid_version(""));
    EXPECT_FALSE(valid_version("a1"));
    EXPECT_FALSE(valid_version("1.0 2"));
    EXPECT_FALSE(valid_version("1/../2"));
    EXPECT_FALSE(valid_version(std::string_view("1\0", 2)));
}

} // namespace
} // namespace lxcpp::debian
