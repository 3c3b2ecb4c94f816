// SPDX-License-Identifier: Apache-2.0
#include "build_lab.h"

#include "base/strings.h"
#include "distrobuilder/sandbox.h"
#include "sys/file.h"

#include "support/error_of.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace lxcpp {
namespace {

using distro::LayeredRoot;
using testing::HasSubstr;

class Layers : public test::BuildLab {
protected:
    [[nodiscard]] std::filesystem::path layer(int number) const { return home() / fmt::format("cache/layer-{}", number); }
    [[nodiscard]] std::filesystem::path made(const std::string& name) const {
        sys::make_dirs(home() / "cache" / name);
        return home() / "cache" / name;
    }
    // Layers 0 to count - 1, each with a file of its number and its own "last".
    [[nodiscard]] std::vector<std::filesystem::path> layers(int count) const {
        std::vector<std::filesystem::path> all;
        for (int i = 0; i < count; ++i) {
            sys::make_dirs(layer(i) / "dir");
            sys::write_file_atomic(layer(i) / fmt::format("dir/{}", i), "");
            sys::write_file_atomic(layer(i) / "last", std::to_string(i));
            all.push_back(layer(i));
        }
        return all;
    }
    [[nodiscard]] std::string listed(const std::filesystem::path& path) const { return join(sys::list_dir(path), " "); }
};

TEST_P(Layers, AHundredAreStacked) {
    EXPECT_EQ(build([&](const distro::BuildIdentity&) {
        const LayeredRoot root(layers(100), made("upper"), made("work"), made("at"));
        sys::write_file_atomic(root.path() / "last", "new");
        return fmt::format("{} {} {}", sys::list_dir(root.path() / "dir").size(), sys::read_file(root.path() / "last"), sys::read_file(layer(99) / "last"));
    }), "100 new 99");
    EXPECT_TRUE(std::filesystem::is_empty(home() / "cache/work"));
    EXPECT_TRUE(std::filesystem::is_empty(home() / "cache/at"));
}

TEST_P(Layers, WithoutOthersTheRootIsTheWritableOne) {
    EXPECT_EQ(build([&](const distro::BuildIdentity&) {
        const LayeredRoot root({}, made("upper"), made("work"), made("at"));
        sys::write_file_atomic(root.path() / "file", "");
        return listed(home() / "cache/upper");
    }), "file");
}

TEST_P(Layers, WithoutAWritableOneTheRootIsReadOnly) {
    for (const int count : {1, 3}) {
        EXPECT_THAT(build([&](const distro::BuildIdentity&) {
            const LayeredRoot root(layers(count), {}, {}, made("at"));
            EXPECT_EQ(sys::read_file(root.path() / "last"), std::to_string(count - 1));
            return test::error_of([&] { sys::write_file_atomic(root.path() / "last", "new"); });
        }), HasSubstr("Read-only file system"));
    }
}

// What one step does is what the next one sees, and nothing below it changes.
TEST_P(Layers, RemovalsAndReplacedDirectoriesAreLayersThemselves) {
    EXPECT_EQ(build([&](const distro::BuildIdentity&) {
        auto all = layers(2);
        {
            const LayeredRoot root(all, made("step"), made("work"), made("at"));
            std::filesystem::remove(root.path() / "last");
            std::filesystem::remove_all(root.path() / "dir");
            std::filesystem::create_directory(root.path() / "dir");
            sys::write_file_atomic(root.path() / "dir/new", "");
        }
        all.push_back(home() / "cache/step");
        const LayeredRoot root(all, made("upper"), made("work"), made("at"));
        return listed(root.path()) + ": " + listed(root.path() / "dir") + "; " + listed(layer(1) / "dir");
    }), "dir: new; 1");
}

TEST_P(Layers, DirectoriesOfBelowAreMovedByCopies) {
    EXPECT_EQ(build_with_root([&] {
        sys::make_dirs(in_root("etc/a/b"));
        sys::write_file_atomic(in_root("etc/a/b/file"), "x");
        std::string text;
        {
            const LayeredRoot tree({root()}, made("step"), made("work"), made("at"));
            const distro::Sandbox sandbox({tree.path(), {"PATH=/bin"}, log()});
            EXPECT_EQ(sandbox.run_script("#!/bin/sh\nmv /etc/a /etc/c && ln /etc/c/b/file /etc/hard && chown 7:8 /etc/hard"), 0) << sys::read_file(log());
        }
        const LayeredRoot tree({root(), home() / "cache/step"}, made("upper"), made("work"), made("at"));
        const auto info = sys::stat_path(tree.path() / "etc/c/b/file");
        return fmt::format("{}; {} {}:{}", listed(tree.path() / "etc"), info->st_nlink, info->st_uid, info->st_gid);
    }), "c hard resolv.conf; 2 7:8");
}

TEST_P(Layers, DevOfALayerBelowIsEmptiedAbove) {
    EXPECT_EQ(build_with_root([&] {
        sys::write_file_atomic(in_root("dev/null"), "a file of an archive");
        {
            const LayeredRoot tree({root()}, made("step"), made("work"), made("at"));
            EXPECT_EQ(distro::Sandbox({tree.path(), {"PATH=/bin"}, log()}).run({"true"}), 0);
        }
        const LayeredRoot tree({root(), home() / "cache/step"}, {}, {}, made("at"));
        return listed(tree.path() / "dev") + listed(tree.path() / "usr/sbin");
    }), "");
    EXPECT_FALSE(sys::exists(home() / "cache/step/usr/sbin/policy-rc.d"));
}

TEST_P(Layers, WhatAKilledBuilderLeftIsNoObstacle) {
    EXPECT_EQ(build([&](const distro::BuildIdentity&) {
        sys::make_dirs(made("work") / "work/incompat/volatile");
        const LayeredRoot root(layers(1), made("upper"), made("work"), made("at"));
        return listed(root.path());
    }), "dir last");
}

INSTANTIATE_TEST_SUITE_P(Builders, Layers, test::kBuilders, test::builder_name);

} // namespace
} // namespace lxcpp
