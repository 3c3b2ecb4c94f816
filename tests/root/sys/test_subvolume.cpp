// SPDX-License-Identifier: Apache-2.0
#include "sys/subvolume.h"

#include "support/loop_disk.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <linux/btrfs.h>

namespace lxcpp {
namespace {

class Subvolumes : public test::PrivateMounts {
protected:
    void SetUp() override {
        if (!disk_.made()) GTEST_SKIP() << "no btrfs on this machine";
        root_.emplace(sys::RootedDir::open(disk_.mount_point()));
    }

    void make_read_only(const std::string& name) {
        const Fd fd = root_->open_at(name, O_RDONLY | O_DIRECTORY);
        std::uint64_t flags = BTRFS_SUBVOL_RDONLY;
        ASSERT_EQ(::ioctl(fd.raw(), BTRFS_IOC_SUBVOL_SETFLAGS, &flags), 0);
    }

    test::LoopDisk disk_{"btrfs"};
    std::optional<sys::RootedDir> root_;
};

TEST_F(Subvolumes, ACopyHasTheFilesAndGoesItsOwnWay) {
    sys::make_subvolume(root_->fd(), "tree", 0750);
    EXPECT_TRUE(sys::is_subvolume(root_->sub_dir("tree").fd()));
    EXPECT_EQ(root_->stat("tree")->st_mode & 07777u, 0750u);
    root_->write_file("tree/a", "one");
    root_->make_dir("place");
    sys::snapshot_subvolume(root_->sub_dir("tree").fd(), root_->sub_dir("place").fd(), "copy");
    root_->write_file("place/copy/a", "two");
    EXPECT_EQ(root_->read_file("tree/a"), "one");
    EXPECT_TRUE(sys::on_one_btrfs(root_->sub_dir("place/copy").fd(), root_->sub_dir("tree").fd()));
    EXPECT_FALSE(sys::is_subvolume(root_->sub_dir("place").fd()));
}

TEST_F(Subvolumes, ElsewhereItIsAPlainDirectory) {
    const test::TempDir temp;
    const auto dir = sys::RootedDir::open(temp.path());
    sys::make_dir_or_subvolume(dir.fd(), "tree", 0700);
    EXPECT_FALSE(sys::is_subvolume(dir.sub_dir("tree").fd()));
    EXPECT_EQ(dir.stat("tree")->st_mode & 07777u, 0700u);
    EXPECT_FALSE(sys::on_one_btrfs(dir.fd(), root_->fd()));
    EXPECT_THROW(sys::make_subvolume(dir.fd(), "other", 0700), SystemError);
    EXPECT_THROW(sys::make_dir_or_subvolume(dir.fd(), "tree", 0700), SystemError);
    sys::make_dir_or_subvolume(root_->fd(), "tree", 0700);
    EXPECT_THROW(sys::make_dir_or_subvolume(root_->fd(), "tree", 0700), SystemError) << "there already";
}

TEST_F(Subvolumes, ARemovalTakesThoseWithinToo) {
    root_->make_dir("container");
    for (const char* name : {"container/rootfs", "container/rootfs/var"}) {
        const std::string path = name;
        const auto slash = path.rfind('/');
        sys::make_subvolume(root_->sub_dir(path.substr(0, slash)).fd(), path.substr(slash + 1), 0755);
        root_->write_file(path + "/file", "x");
    }
    sys::make_subvolume(root_->sub_dir("container/rootfs/var").fd(), "inner", 0755);
    make_read_only("container/rootfs/var/inner");
    make_read_only("container/rootfs/var");
    root_->remove_tree("container");
    EXPECT_FALSE(root_->exists("container"));
    sys::make_subvolume(root_->fd(), "tree", 0700);
    root_->write_file("tree/a", "x");
    root_->remove_tree("tree");
    EXPECT_FALSE(root_->exists("tree"));
}

} // namespace
} // namespace lxcpp
