// SPDX-License-Identifier: Apache-2.0
#include "sys/mount.h"

#include "support/error_of.h"
#include "support/private_mounts.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "sys/namespace.h"
#include "sys/rooted_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace lxcpp;
using sys::MountTree;
using sys::RootedDir;
using test::error_of;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

class Mounts : public test::PrivateMounts {};
class RootedDirAndMounts : public test::PrivateMounts {};
class AtomicWrite : public test::PrivateMounts {};

// A tmpfs on path for as long as the object lives.
class Tmpfs {
public:
    Tmpfs(std::filesystem::path path, const std::vector<std::string>& options)
        : path_(std::move(path)) {
        MountTree::create("tmpfs", "", options).attach(path_);
    }
    Tmpfs(const Tmpfs&) = delete;
    Tmpfs& operator=(const Tmpfs&) = delete;
    ~Tmpfs() { ::umount2(path_.c_str(), MNT_DETACH); }

private:
    std::filesystem::path path_;
};

} // namespace

TEST_F(Mounts, CreateAttachAndUnmount) {
    const TempDir dir;
    {
        const MountTree tree = MountTree::create("tmpfs", "none", {"size=64k", "mode=0711"},
                                                 MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID);
        EXPECT_EQ(sys::filesystem_magic(tree.fd()), TMPFS_MAGIC);
        tree.attach(dir.path());
        EXPECT_EQ(error_of([&] { sys::unmount(dir.path(), false); }),
                  "unmount " + dir.path().native() + ": Device or resource busy"); // tree is open
    }
    EXPECT_EQ(sys::stat_path(dir.path())->st_mode & 07777u, 0711u);
    EXPECT_THAT(sys::read_file("/proc/self/mountinfo"),
                HasSubstr(dir.path().native() + " rw,nosuid,noexec"));
    sys::unmount(dir.path(), false);
    EXPECT_EQ(error_of([&] { sys::unmount(dir.path(), false); }),
              "unmount " + dir.path().native() + ": Invalid argument");
}

TEST_F(Mounts, ErrorsCarryTheKernelsExplanation) {
    EXPECT_EQ(error_of([] { (void)MountTree::create("nofs", ""); }), "mount nofs: No such device");
    EXPECT_THAT(error_of([] { (void)MountTree::create("tmpfs", "", {"size=lots"}); }),
                testing::AllOf(testing::StartsWith("mount tmpfs: option size=lots ("),
                               HasSubstr("Bad value for 'size'"), HasSubstr("Invalid argument")));
}

TEST_F(Mounts, ACloneIsABindMount) {
    const TempDir dir;
    sys::make_dirs(dir / "source");
    sys::make_dirs(dir / "target");
    sys::write_file_atomic(dir / "source/file", "x");
    MountTree tree = MountTree::clone(dir / "source");
    tree.set_attributes(MOUNT_ATTR_RDONLY);
    const Fd target = sys::open_file(dir / "target", {.access = sys::Access::Path});
    tree.attach_fd(target);
    EXPECT_EQ(sys::read_file(dir / "target/file"), "x");
    EXPECT_EQ(sys::try_write_existing(dir / "target/file", "y"), -EROFS);
    sys::unmount(dir / "target", true);
}

TEST_F(Mounts, AttachDoesNotFollowALink) {
    const TempDir dir;
    sys::make_dirs(dir / "real");
    std::filesystem::create_symlink("real", dir / "link");
    const MountTree tree = MountTree::create("tmpfs", "");
    EXPECT_NE(error_of([&] { tree.attach(dir / "link"); }), "");
}

TEST_F(Mounts, IdmapShowsOtherOwners) {
    const TempDir dir;
    const Tmpfs tmpfs(dir.path(), {});
    sys::make_dirs(dir / "source");
    sys::make_dirs(dir / "target");
    sys::write_file_atomic(dir / "source/file", "x");
    if (!sys::can_idmap(dir / "source"))
        GTEST_SKIP() << "this kernel cannot idmap tmpfs (Linux 6.3)";
    MountTree tree = MountTree::clone(dir / "source");
    tree.idmap(sys::make_user_namespace("0 100000 65536", "0 100000 65536"));
    tree.attach(dir / "target");
    EXPECT_EQ(sys::stat_path(dir / "target/file")->st_uid, 100000u);
    EXPECT_EQ(sys::stat_path(dir / "source/file")->st_uid, 0u);
    sys::unmount(dir / "target", true);
}

TEST_F(Mounts, CanIdmapIsTriedNotGuessed) {
    EXPECT_FALSE(sys::can_idmap("/proc"));
}

TEST_F(RootedDirAndMounts, RemoveTreeStopsAtAMount) {
    const TempDir dir;
    sys::make_dirs(dir / "root/tree/a/mnt");
    const Tmpfs tmpfs(dir / "root/tree/a/mnt", {});
    sys::write_file_atomic(dir / "root/tree/a/mnt/precious", "x");
    const RootedDir root = RootedDir::open(dir / "root");
    EXPECT_EQ(error_of([&] { root.remove_tree("tree"); }),
              "remove " + (dir / "root/tree/a/mnt").native() +
                  ": something is mounted there, unmount it first");
    EXPECT_EQ(sys::read_file(dir / "root/tree/a/mnt/precious"), "x");
}

// The same file system, so that st_dev alone would not tell.
TEST_F(RootedDirAndMounts, RemoveTreeStopsAtABindMount) {
    const TempDir dir;
    sys::make_dirs(dir / "precious");
    sys::write_file_atomic(dir / "precious/file", "x");
    sys::make_dirs(dir / "root/tree/mnt");
    sys::write_file_atomic(dir / "root/tree/z", "");
    MountTree::clone(dir / "precious").attach(dir / "root/tree/mnt");
    const RootedDir root = RootedDir::open(dir / "root");
    EXPECT_NE(error_of([&] { root.remove_tree("tree"); }), "");
    EXPECT_EQ(sys::read_file(dir / "precious/file"), "x");
    sys::unmount(dir / "root/tree/mnt", true);

    MountTree::clone(dir / "precious/file").attach(dir / "root/tree/z");
    EXPECT_EQ(error_of([&] { root.remove_tree("tree"); }),
              "remove " + (dir / "root/tree/z").native() +
                  ": something is mounted there, unmount it first");
    EXPECT_EQ(sys::read_file(dir / "precious/file"), "x");
    sys::unmount(dir / "root/tree/z", true);
    root.remove_tree("tree");
    EXPECT_FALSE(sys::exists(dir / "root/tree"));
}

TEST_F(RootedDirAndMounts, RemovesWhatAnUnprivilegedContainerLeft) {
    const TempDir dir;
    sys::make_dirs(dir / "root/tree/locked");
    sys::write_file_atomic(dir / "root/tree/locked/file", "");
    sys::chown(dir / "root/tree/locked", 100000, 100000);
    sys::chmod(dir / "root/tree/locked", 0);
    RootedDir::open(dir / "root").remove_tree("tree");
    EXPECT_THAT(sys::list_dir(dir / "root"), IsEmpty());
}

TEST_F(AtomicWrite, AFullDiskLeavesTheOldFileAndNothingElse) {
    const TempDir dir;
    const Tmpfs tmpfs(dir.path(), {"size=64k"});
    sys::write_file_atomic(dir / "file", "old");
    const std::string much(100'000, 'x');
    EXPECT_EQ(error_of([&] { sys::write_file_atomic(dir / "file", much); }),
              "write " + (dir / "file").native() + ": No space left on device");
    const RootedDir root = RootedDir::open(dir.path());
    EXPECT_EQ(error_of([&] { root.write_file("file", much); }),
              "write file in " + dir.path().native() + ": No space left on device");
    EXPECT_EQ(sys::read_file(dir / "file"), "old");
    EXPECT_THAT(sys::list_dir(dir.path()), ElementsAre("file"));
    sys::write_file_atomic(dir / "file", "new"); // there is room again
    EXPECT_EQ(sys::read_file(dir / "file"), "new");
}

TEST_F(AtomicWrite, AFullInodeTableLeavesTheOldFile) {
    const TempDir dir;
    const Tmpfs tmpfs(dir.path(), {"nr_inodes=2"}); // the top directory and one file
    sys::write_file_atomic(dir / "file", "old");
    EXPECT_NE(error_of([&] { sys::write_file_atomic(dir / "file", "new"); }), "");
    EXPECT_EQ(sys::read_file(dir / "file"), "old");
}
