// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/build_ids.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

namespace lxcpp::distro {
namespace {

const RangePool kPool{{{0x77400000, 3 * 65536}, {0x40000000, 2 * 65536 + 10}}, "the pool"};

TEST(BuildIds, AreTheLastOnes) { EXPECT_EQ(choose_build_ids(kPool, {}), (IdRange{0x40000000 + 65536 + 10, 65536})); }

TEST(BuildIds, AreOfNoContainer) {
    EXPECT_EQ(choose_build_ids(kPool, {{0x40000000 + 2 * 65536, 1}}), (IdRange{0x40000000 + 65536, 65536}));
    EXPECT_EQ(choose_build_ids(kPool, {{0x40000000, 200000}}), (IdRange{0x77400000 + 2 * 65536, 65536}));
}

TEST(BuildIds, RunOut) {
    EXPECT_EQ(test::error_of([] { (void)choose_build_ids(kPool, {{0x40000000, 0x40000000}}); }), "no 65536 ids are left for a build (the pool)");
}

} // namespace
} // namespace lxcpp::distro
