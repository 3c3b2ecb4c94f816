// SPDX-License-Identifier: Apache-2.0
#include "build_lab.h"

#include "image/cache.h"
#include "sys/epoll.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/namespace.h"
#include "sys/overlay.h"
#include "sys/pipe.h"
#include "sys/working_directory.h"

#include <csignal>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using distro::BuildIdentity;
using testing::HasSubstr;
using testing::Not;

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

TEST_P(BuildNamespace, WeStayInOurDirectory) {
    sys::write_file_atomic(home() / "target/old", "x", 0600);
    sys::chown(home() / "target/old", caller(), caller());
    ASSERT_EQ(sys::try_change_directory(home() / "target"), 0);
    EXPECT_EQ(build([](const BuildIdentity&) { return sys::read_file("old"); }), "x");
    ASSERT_EQ(sys::try_change_directory("/"), 0);
}

// A change of credentials makes the kernel forget that.
TEST_P(BuildNamespace, WeStillDieWithOurParent) {
    sys::Pipe pipe = sys::make_pipe();
    const pid_t parent = ::fork();
    if (parent == 0) {
        const pid_t builder = start_build([&] {
            sys::write_all(pipe.write, "x", "the pipe");
            for (;;) ::pause();
        });
        sys::write_all(pipe.write, fmt::format("{}\n", builder), "the pipe");
        for (;;) ::pause();
    }
    pipe.write.reset();
    std::string text; // "NUMBER\n" and "x", whichever is first
    for (char byte = 0; text.find('\n') == text.npos || text.find('x') == text.npos; text += byte) ASSERT_EQ(::read(pipe.read.raw(), &byte, 1), 1);
    std::erase(text, 'x');
    ASSERT_EQ(::kill(parent, SIGKILL), 0);
    ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
    const bool ended = sys::wait_readable(pipe.read, std::chrono::seconds(30)); // nobody has its end any more
    EXPECT_TRUE(ended);
    if (!ended) ::kill(std::stoi(text), SIGKILL);
}

TEST_P(BuildNamespace, PlacesMayBeFilesAndLieInEachOther) {
    for (const char* name : {"target/recipes", "recipe/deep", "recipe/deep/target"}) std::filesystem::create_directories(home() / name);
    for (const char* name : {"recipe/a.yaml", "recipe/deep/base.tar", "target/recipes/b.yaml"}) {
        sys::write_file_atomic(home() / name, name, 0600);
        sys::chown(home() / name, caller(), caller());
    }
    sys::chown(home() / "recipe/deep/target", caller(), caller());
    const distro::BuildPlaces places{home() / "recipe/cache/of/builds", home() / "recipe/deep/target",
                                     {home() / "recipe/deep/base.tar", home() / "target/recipes", home() / "recipe", home() / "recipe", home() / "absent"}};
    EXPECT_EQ(build(places, [&](const BuildIdentity&) {
        sys::write_file_atomic(places.target / "image", "");
        sys::write_file_atomic(places.cache / "file", "");
        return sys::read_file(home() / "recipe/a.yaml") + sys::read_file(home() / "recipe/deep/base.tar") + sys::read_file(home() / "target/recipes/b.yaml");
    }), "recipe/a.yamlrecipe/deep/base.tartarget/recipes/b.yaml");
    EXPECT_TRUE(sys::exists(home() / "recipe/deep/target/image"));
    EXPECT_EQ(sys::stat_path(places.cache / "file")->st_uid, on_disk(0));
}

TEST_P(BuildNamespace, ATargetMustBeThere) {
    const std::string answer = build({home() / "cache", home() / "nowhere", {}}, [](const BuildIdentity&) { return std::string("fine"); });
    EXPECT_EQ(answer, fmt::format("error: open {}: No such file or directory", (home() / "nowhere").string()));
}

TEST_P(BuildNamespace, NothingOfItIsSeenOutside) {
    const std::string mounts = build([&](const BuildIdentity&) { return sys::read_file("/proc/self/mountinfo"); });
    EXPECT_EQ(mounts.find(home().string()) != std::string::npos, caller() == 0);
    EXPECT_THAT(sys::read_file("/proc/self/mountinfo"), Not(HasSubstr(home().string())));
}

class BuildNamespaceOfRoot : public test::BuilderLab {
protected:
    BuildNamespaceOfRoot() : BuilderLab(test::Builder::Root) {}
    // Overlayfs shows files with the ids that they have, and nothing else.
    void cover(const std::filesystem::path& path) const {
        sys::unshare_namespaces(CLONE_NEWNS);
        sys::make_mounts_private();
        for (const char* name : {"lower", "upper", "work"}) sys::make_dirs(home() / "overlay" / name);
        const auto overlay = home() / "overlay";
        sys::mount_overlay({.lowers = {overlay / "lower"}, .upper = overlay / "upper", .work = overlay / "work"}).attach(path);
    }
};

TEST_F(BuildNamespaceOfRoot, AFileSystemWithoutOtherIdsIsRefusedWithAWayOut) {
    cover(home() / "target");
    const std::string reason = "its file system cannot show files with other ids (idmapped mounts), in which an image's files are written: choose another ";
    EXPECT_EQ(build([](const BuildIdentity&) { return std::string("fine"); }),
              fmt::format("error: {}: {}directory for the output", (home() / "target").string(), reason));
    EXPECT_EQ(build({home() / "target/cache", {}, {}}, [](const BuildIdentity&) { return std::string("fine"); }),
              fmt::format("error: {}: {}--cache-dir", (home() / "target/cache").string(), reason));
    sys::unmount(home() / "target", true);
}

TEST_F(BuildNamespaceOfRoot, ARecipeMayLieOnAnyFileSystem) {
    cover(home() / "recipe");
    sys::write_file_atomic(home() / "recipe/a.yaml", "x");
    EXPECT_EQ(build([&](const BuildIdentity&) { return sys::read_file(home() / "recipe/a.yaml"); }), "x");
    EXPECT_THAT(build([&](const BuildIdentity&) {
        sys::write_file_atomic(home() / "recipe/b.yaml", "x");
        return std::string("written");
    }), HasSubstr("error: "));
    sys::unmount(home() / "recipe", true);
}

TEST_F(BuildNamespaceOfRoot, APlaceMayBeOnWhatIsMountedInAnother) {
    sys::make_dirs(home() / "recipe/disk");
    cover(home() / "recipe/disk");
    sys::MountTree::create("tmpfs", "tmpfs", {"mode=0755"}).attach(home() / "recipe/disk");
    EXPECT_EQ(build({home() / "recipe/disk/cache", {}, {home() / "recipe"}}, [&](const BuildIdentity&) {
        sys::write_file_atomic(home() / "recipe/disk/cache/file", "");
        return std::string("fine");
    }), "fine");
    EXPECT_TRUE(sys::exists(home() / "recipe/disk/cache/file"));
    for (int i = 0; i < 2; ++i) sys::unmount(home() / "recipe/disk", true);
}

// Root's files of the place can be read there, and no others.
TEST_F(BuildNamespaceOfRoot, OnlyPlacesAreSeenWithItsRights) {
    sys::write_file_atomic(home() / "beside", "secret", 0600);
    EXPECT_THAT(build([&](const BuildIdentity&) { return sys::read_file(home() / "beside"); }), HasSubstr("No such file"));
}

INSTANTIATE_TEST_SUITE_P(Builders, BuildNamespace, test::kBuilders, test::builder_name);

} // namespace
} // namespace lxcpp
