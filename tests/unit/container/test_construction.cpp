// SPDX-License-Identifier: Apache-2.0
#include "container/construction.h"
#include "container/template_run.h"

#include "sys/file.h"

#include "support/error_of.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

namespace lxcpp {
namespace {

using test::error_of;

struct Constructed : testing::Test {
    test::TempDir dir;
    Container::Impl impl{"c1", dir.path()};
    [[nodiscard]] std::size_t entries() const { return sys::list_dir(dir.path()).size(); }
};

TEST_F(Constructed, VanishesWhenItIsNotPublished) {
    {
        const Construction construction(impl);
        sys::make_dirs(construction.directory() / "rootfs/a/b", 0755);
        EXPECT_EQ(entries(), 1U);
        EXPECT_FALSE(sys::exists(dir / "c1"));
    }
    EXPECT_EQ(entries(), 0U);
}

TEST_F(Constructed, AppearsWholeWhenItIsPublished) {
    {
        Construction construction(impl);
        sys::write_file_atomic(construction.directory() / "config", "x", 0644);
        construction.publish();
    }
    EXPECT_EQ(entries(), 1U);
    EXPECT_EQ(sys::read_file(dir / "c1/config"), "x");
}

TEST_F(Constructed, NeverReplacesAContainer) {
    sys::make_dirs(dir / "c1", 0755);
    sys::write_file_atomic(dir / "c1/config", "older", 0644);
    {
        Construction construction(impl);
        EXPECT_EQ(error_of([&] { construction.publish(); }), "the container already exists: " + (dir / "c1").string());
    }
    EXPECT_EQ(sys::read_file(dir / "c1/config"), "older");
    EXPECT_EQ(entries(), 1U);
}

// A rootfs under construction may hold links that the template made.
TEST_F(Constructed, FollowsNoLinkWhenItVanishes) {
    const test::TempDir victim;
    sys::write_file_atomic(victim / "file", "x", 0644);
    {
        const Construction construction(impl);
        std::filesystem::create_directory_symlink(victim.path(), construction.directory() / "rootfs");
    }
    EXPECT_TRUE(sys::exists(victim / "file"));
}

struct Templates : testing::Test {
    test::TempDir dir;
    Paths paths;
    void SetUp() override {
        paths.data = dir.path();
        sys::make_dirs(dir / "templates", 0755);
        sys::write_file_atomic(dir / "templates/lxcpp-mine", "x", 0755);
    }
};

TEST_F(Templates, AreFoundByNameOrPath) {
    EXPECT_EQ(find_template(paths, "mine"), dir / "templates/lxcpp-mine");
    EXPECT_EQ(find_template(paths, (dir / "templates/lxcpp-mine").string()), dir / "templates/lxcpp-mine");
}

TEST_F(Templates, AMissingOneListsWhatThereIs) {
    const std::string text = error_of([&] { (void)find_template(paths, "yours"); });
    EXPECT_EQ(text.rfind("no template yours; there are: mine", 0), 0U) << text;
    EXPECT_EQ(error_of([&] { (void)find_template(paths, "/nowhere/x"); }), "template /nowhere/x does not exist");
}

// A name cannot lead out of the folders of templates.
TEST_F(Templates, ANameIsNoPath) {
    sys::write_file_atomic(dir / "evil", "x", 0755);
    EXPECT_EQ(error_of([&] { (void)find_template(paths, "mine/../../evil"); }),
              "template mine/../../evil: give a name or an absolute path");
}

} // namespace
} // namespace lxcpp
