// SPDX-License-Identifier: Apache-2.0
#include "build_lab.h"

#include "image/cache.h"
#include "sys/file.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using distro::BuildIdentity;
using testing::HasSubstr;
using testing::StartsWith;

class BuildNamespace : public test::BuildLab {};

TEST_P(BuildNamespace, WeAreRootOfManyIds) {
    EXPECT_EQ(build([](const BuildIdentity&) { return fmt::format("{} {} {}", ::getuid(), ::getegid(), ::getgroups(0, nullptr)); }), "0 0 0");
}

TEST_P(BuildNamespace, FilesOfTheCacheHaveTheIdsOfTheImage) {
    const auto file = home() / "cache/file";
    EXPECT_EQ(build([&](const BuildIdentity&) {
        sys::write_file_atomic(file, "x");
        sys::chown(file, 33, 65535);
        return fmt::format("{}", sys::stat_path(file)->st_uid);
    }), "33");
    const auto info = sys::stat_path(file);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->st_uid, on_disk(33));
    EXPECT_EQ(info->st_gid, on_disk(65535));
}

TEST_P(BuildNamespace, TheCacheIsAnImageCacheAgainAndAgain) {
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(build([&](const BuildIdentity&) {
            (void)image::ImageCache::open(home() / "cache");
            return std::string("fine");
        }), "fine");
    }
}

TEST_P(BuildNamespace, OutputsAreGivenToTheCaller) {
    const auto file = home() / "target/image";
    EXPECT_EQ(build([&](const BuildIdentity& identity) {
        sys::write_file_atomic(file, "x");
        sys::chown(file, identity.owner, identity.group);
        return std::string("fine");
    }), "fine");
    EXPECT_EQ(sys::stat_path(file)->st_uid, caller());
    EXPECT_EQ(sys::stat_path(file)->st_gid, caller());
}

TEST_P(BuildNamespace, TheRecipesDirectoryCanBeRead) {
    sys::write_file_atomic(home() / "recipe/key", "mine", 0600);
    sys::chown(home() / "recipe/key", caller(), caller());
    EXPECT_EQ(build([&](const BuildIdentity&) { return sys::read_file(home() / "recipe/key"); }), "mine");
}

TEST_P(BuildNamespace, OtherFilesOfTheHostAreWhatOthersSee) {
    EXPECT_THAT(build([&](const BuildIdentity&) { return sys::read_file(host() / "secret"); }), HasSubstr("Permission denied"));
}

INSTANTIATE_TEST_SUITE_P(Builders, BuildNamespace, testing::Values(test::Builder::Root, test::Builder::User), test::builder_name);

} // namespace
} // namespace lxcpp
