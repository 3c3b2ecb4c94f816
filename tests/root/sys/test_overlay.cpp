// SPDX-License-Identifier: Apache-2.0
#include "sys/overlay.h"

#include "support/private_mounts.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <gtest/gtest.h>

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
