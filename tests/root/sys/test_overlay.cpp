// SPDX-License-Identifier: Apache-2.0
#include "sys/overlay.h"

#include "support/private_mounts.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

namespace lxcpp {
namespace {

// On a tmpfs: what the tests run on may be an overlay itself, which takes no other on top.
class OverlayMount : public test::PrivateMounts {
protected:
    OverlayMount() { sys::MountTree::create("tmpfs", "tmpfs").attach(temp_.path()); }
    ~OverlayMount() override { sys::unmount(temp_.path(), true); }

    std::filesystem::path dir(const std::string& name) {
        sys::make_dirs(temp_.path() / name);
        return temp_.path() / name;
    }
    static sys::RootedDir rooted(sys::MountTree tree) { return {std::move(tree).take(), "merged"}; }

    test::TempDir temp_;
};

TEST_F(OverlayMount, WhatIsWrittenGoesToTheUpper) {
    sys::write_file_atomic(dir("low") / "a", "low");
    const auto root = rooted(sys::mount_overlay({{dir("low")}, dir("up"), dir("work")}));
    root.write_file("a", "up");
    EXPECT_EQ(sys::read_file(dir("up") / "a"), "up");
    EXPECT_EQ(sys::read_file(dir("low") / "a"), "low");
}

TEST_F(OverlayMount, TheFirstLowerIsTheTopmost) {
    sys::write_file_atomic(dir("bottom") / "a", "bottom");
    sys::write_file_atomic(dir("top") / "a", "top");
    EXPECT_EQ(rooted(sys::mount_overlay({{dir("top"), dir("bottom")}, {}, {}})).read_file("a"), "top");
}

TEST_F(OverlayMount, RemovalsOfOneAreSeenByTheNext) {
    sys::write_file_atomic(dir("low/d") / "a", "low");
    rooted(sys::mount_overlay({{dir("low")}, dir("up"), dir("work")})).remove_tree("d");
    EXPECT_FALSE(rooted(sys::mount_overlay({{dir("up"), dir("low")}, {}, {}})).exists("d"));
}

TEST_F(OverlayMount, OneLowerAloneIsShownAsItIs) {
    sys::write_file_atomic(dir("low") / "a", "low");
    EXPECT_EQ(rooted(sys::mount_overlay({{dir("low")}, {}, {}})).read_file("a"), "low");
}

TEST_F(OverlayMount, AFullDiskIsToldAndNotReadOnly) {
    const auto disk = dir("disk");
    sys::MountTree::create("tmpfs", "tmpfs", {"nr_inodes=16"}).attach(disk);
    for (const auto* name : {"low", "up", "work"}) sys::make_dirs(disk / name);
    const auto root = sys::RootedDir::open(disk);
    const auto fill = [&] {
        for (int i = 0; i < 32; ++i) root.make_dir("filler" + std::to_string(i));
    };
    EXPECT_THROW(fill(), SystemError);
    try {
        (void)sys::mount_overlay({{disk / "low"}, disk / "up", disk / "work"});
        ADD_FAILURE() << "it is mounted";
    } catch (const SystemError& error) {
        EXPECT_EQ(error.code(), ENOSPC) << error.what();
    }
    for (int i = 0; i < 6; ++i) root.remove_dir("filler" + std::to_string(i));
    EXPECT_NO_THROW((void)sys::mount_overlay({{disk / "low"}, disk / "up", disk / "work"}));
    sys::unmount(disk, true);
}

TEST_F(OverlayMount, TakesManyLayers) {
    std::vector<std::filesystem::path> lowers;
    for (int i = 0; i < 80; ++i) {
        lowers.push_back(dir("layer-with-a-long-name-" + std::to_string(i)));
        sys::write_file_atomic(lowers.back() / std::to_string(i), "x");
    }
    const auto root = rooted(sys::mount_overlay({lowers, dir("up"), dir("work")}));
    EXPECT_EQ(root.list().size(), 80u);
}

} // namespace
} // namespace lxcpp
