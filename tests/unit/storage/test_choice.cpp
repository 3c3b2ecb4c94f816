// SPDX-License-Identifier: Apache-2.0
#include "storage/choice.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

using namespace lxcpp;

namespace {

std::string refusal(std::string_view asked, const StorageObstacles& obstacles = {}) {
    try {
        return std::string(storage_name(choose_storage(asked, obstacles)));
    } catch (const Error& error) {
        return error.what();
    }
}

} // namespace

TEST(StorageChoice, BestIsTheFirstThatCanBeUsed) {
    EXPECT_EQ(choose_storage("best", {}), StorageKind::Btrfs);
    EXPECT_EQ(choose_storage("", {{StorageKind::Btrfs, "x"}}), StorageKind::Reflink);
    EXPECT_EQ(choose_storage("default", {{StorageKind::Btrfs, "x"}, {StorageKind::Reflink, "x"}}), StorageKind::Overlay);
    EXPECT_EQ(choose_storage("best", {{StorageKind::Btrfs, "x"}, {StorageKind::Reflink, "x"}, {StorageKind::Overlay, "x"}}), StorageKind::Dir);
}

TEST(StorageChoice, WhatIsAskedForOrWhyNot) {
    EXPECT_EQ(choose_storage("dir", {}), StorageKind::Dir);
    EXPECT_EQ(refusal("overlay", {{StorageKind::Overlay, "no such kernel"}}), "-B overlay: no such kernel");
    EXPECT_EQ(refusal("zfs"), "-B zfs: not supported: use best, btrfs, overlay, reflink or dir");
    EXPECT_EQ(refusal("nope"), "-B nope: there is no such storage: best, btrfs, overlay, reflink or dir");
}

TEST(StorageChoice, OfATemplateThatFillsADirectory) {
    for (const char* any : {"best", "", "none", "dir"}) EXPECT_EQ(choose_template_storage(any), StorageKind::Dir);
    EXPECT_EQ(choose_template_storage("btrfs"), StorageKind::Btrfs);
    EXPECT_EQ(choose_template_storage("overlay"), StorageKind::Overlay);
    EXPECT_THROW((void)choose_template_storage("reflink"), Error);
    EXPECT_THROW((void)choose_template_storage("lvm"), Error);
}
