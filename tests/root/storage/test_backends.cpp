// SPDX-License-Identifier: Apache-2.0
#include "storage/backends.h"
#include "storage/choice.h"

#include "support/loop_disk.h"
#include "sys/file_meta.h"
#include "sys/subvolume.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>

namespace lxcpp {
namespace {

// One file system with a tree of a store and room for containers.
class Backends : public test::PrivateMounts {
protected:
    // False: not on this machine.
    bool use(const std::string& type, const std::vector<std::string>& options = {}) {
        disk_.emplace(type, options);
        if (!disk_->made()) return false;
        top_.emplace(sys::RootedDir::open(disk_->mount_point()));
        top_->make_dir("trees");
        sys::make_dir_or_subvolume(top_->sub_dir("trees").fd(), "one", 0711);
        top_->chown("trees/one", 0, 5);
        top_->write_file("trees/one/file", "text", 0640);
        top_->chown("trees/one/file", 7, 8);
        top_->make_dir("trees/one/etc");
        top_->make_dir("trees/top");
        top_->write_file("trees/top/other", "above");
        return true;
    }

    [[nodiscard]] std::filesystem::path path(const std::string& name) const { return disk_->mount_point() / name; }

    StorageObstacles obstacles(bool elsewhere = false) const { return probe_storage({{path("trees/one")}, disk_->mount_point(), true, elsewhere}); }

    NewRoot wish() {
        const std::string name = "c" + std::to_string(++made_);
        top_->make_dir(name);
        NewRoot root;
        root.trees = {path("trees/one")};
        root.directory = path(name);
        root.libexec = std::getenv("LXCPP_LIBEXEC_DIR");
        root.quiet = true;
        return root;
    }

    static void make(const StorageBackend& backend, const NewRoot& root) {
        auto child = backend.make(root);
        if (child) {
            ASSERT_EQ(child->wait(), sys::ExitStatus{});
        }
    }

    // What every backend owes.
    void conforms(StorageKind kind) {
        SCOPED_TRACE(storage_name(kind));
        const auto backend = make_storage_backend(kind);
        EXPECT_EQ(backend->kind(), kind);
        const NewRoot root = wish();
        make(*backend, root);
        {
            const auto files = backend->open(root);
            EXPECT_EQ(files.read_file("file"), "text");
            EXPECT_EQ(files.stat("file")->st_uid, 7u);
            EXPECT_EQ(files.stat("file")->st_mode & 07777u, 0640u);
            EXPECT_EQ(files.stat("")->st_mode & 07777u, 0711u);
            EXPECT_EQ(files.stat("")->st_gid, 5u);
            files.write_file("file", "changed");
            files.remove_tree("etc");
            EXPECT_FALSE(files.exists("etc"));
        }
        EXPECT_EQ(top_->read_file("trees/one/file"), "text") << "the tree is not the container's";
        EXPECT_TRUE(top_->exists("trees/one/etc"));
        top_->remove_tree(root.directory.filename().string());
    }

    std::optional<test::LoopDisk> disk_;
    std::optional<sys::RootedDir> top_;
    int made_ = 0;
};

TEST_F(Backends, OnExt4) {
    if (!use("ext4")) GTEST_SKIP() << "no ext4 on this machine";
    const auto against = obstacles();
    EXPECT_TRUE(against.contains(StorageKind::Btrfs));
    EXPECT_TRUE(against.contains(StorageKind::Reflink));
    conforms(StorageKind::Dir);
    if (against.contains(StorageKind::Overlay)) GTEST_SKIP() << against.at(StorageKind::Overlay);
    EXPECT_EQ(choose_storage("best", against), StorageKind::Overlay);
    conforms(StorageKind::Overlay);
}

TEST_F(Backends, OnXfsThatSharesBlocks) {
    if (!use("xfs", {"-m", "reflink=1"})) GTEST_SKIP() << "no xfs on this machine";
    EXPECT_EQ(choose_storage("best", obstacles()), StorageKind::Reflink);
    conforms(StorageKind::Reflink);
    conforms(StorageKind::Dir);
}

TEST_F(Backends, OnBtrfs) {
    if (!use("btrfs")) GTEST_SKIP() << "no btrfs on this machine";
    EXPECT_EQ(choose_storage("best", obstacles()), StorageKind::Btrfs);
    conforms(StorageKind::Btrfs);
    conforms(StorageKind::Reflink);
}

TEST_F(Backends, WhatCannotBeThere) {
    if (!use("btrfs")) GTEST_SKIP() << "no btrfs on this machine";
    const auto elsewhere = obstacles(true);
    EXPECT_TRUE(elsewhere.contains(StorageKind::Btrfs));
    EXPECT_TRUE(elsewhere.contains(StorageKind::Overlay));
    const auto layers = probe_storage({{path("trees/top"), path("trees/one")}, disk_->mount_point(), true, false});
    EXPECT_TRUE(layers.contains(StorageKind::Btrfs) && layers.contains(StorageKind::Reflink));
    EXPECT_EQ(choose_storage("best", layers), StorageKind::Overlay);
    const auto copied = probe_storage({.trees = {path("trees/top"), path("trees/one")}, .directory = disk_->mount_point(), .copied = true});
    EXPECT_EQ(choose_storage("btrfs", copied), StorageKind::Btrfs);
    const test::TempDir temp;
    const auto apart = probe_storage({{path("trees/one")}, temp.path(), true, false});
    EXPECT_TRUE(apart.contains(StorageKind::Btrfs) && apart.contains(StorageKind::Reflink));
}

TEST_F(Backends, LayersAndShiftedOwners) {
    if (!use("ext4")) GTEST_SKIP() << "no ext4 on this machine";
    NewRoot root = wish();
    root.trees = {path("trees/top"), path("trees/one")};
    root.uid_shift = 100'000;
    root.gid_shift = 200'000;
    top_->set_xattr("trees/one/file", "security.capability", std::string("\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
    const DirStorage dir;
    make(dir, root);
    const auto files = dir.open(root);
    EXPECT_EQ(files.read_file("other"), "above");
    EXPECT_EQ(files.stat("file")->st_uid, 100'007u);
    EXPECT_EQ(files.stat("file")->st_gid, 200'008u);
    // A capability for root of the container, not of the host: version 3 (the kernel shows it as it is on disk).
    const auto attributes = sys::read_xattrs(files.open_at("file", O_RDONLY), "file");
    ASSERT_EQ(attributes.size(), 1u);
    ASSERT_EQ(attributes[0].second.size(), 24u);
    EXPECT_EQ(attributes[0].second.substr(20), std::string("\xa0\x86\x01\0", 4));
}

} // namespace
} // namespace lxcpp
