// SPDX-License-Identifier: Apache-2.0
#include "image/tree_copy.h"

#include "support/temp_dir.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;

class TreeCopyTest : public testing::Test {
protected:
    TreeCopyTest() {
        fs::create_directory(from_);
        fs::create_directory(to_);
    }
    TreeCopied copy() {
        SilentProgress silent;
        return copy_tree(sys::RootedDir::open(from_), sys::RootedDir::open(to_), silent);
    }
    static struct stat info(const fs::path& path) {
        struct stat result {};
        EXPECT_EQ(::lstat(path.c_str(), &result), 0) << path;
        return result;
    }
    static void expect_same(const struct stat& a, const struct stat& b, const std::string& name) {
        EXPECT_EQ(a.st_mode, b.st_mode) << name;
        EXPECT_EQ(a.st_uid, b.st_uid) << name;
        EXPECT_EQ(a.st_gid, b.st_gid) << name;
        EXPECT_EQ(a.st_mtim.tv_sec, b.st_mtim.tv_sec) << name;
        EXPECT_EQ(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec) << name;
    }
    static void set_time(const fs::path& path, time_t seconds) {
        const timespec times[2] = {{seconds, 5}, {seconds, 123'456'789}};
        ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
    }

    test::TempDir dir_;
    fs::path from_ = dir_ / "from";
    fs::path to_ = dir_ / "to";
};

TEST_F(TreeCopyTest, KeepsEverythingThatIsInAFileSystem) {
    fs::create_directories(from_ / "a/b");
    sys::write_file_atomic(from_ / "a/file", "content", 0640);
    sys::write_file_atomic(from_ / "a/big", std::string(3'000'000, 'x'), 0644);
    sys::write_file_atomic(from_ / "a/empty", "", 0600);
    ::chmod((from_ / "a/big").c_str(), 04755);
    fs::create_hard_link(from_ / "a/file", from_ / "a/b/again");
    fs::create_symlink("/etc/passwd", from_ / "link");
    ::mkfifo((from_ / "fifo").c_str(), 0620);
    ::chmod((from_ / "a/b").c_str(), 01777);
    ::setxattr((from_ / "a/file").c_str(), "user.note", "n", 1, 0); // tmpfs may not have them
    for (const auto name : {"a/file", "a/big", "a/empty", "link", "fifo", "a/b", "a", ""}) {
        set_time(from_ / name, 1'000'000'000);
    }
    const auto copied = copy();
    EXPECT_EQ(copied.entries, 8u);
    for (const auto name : {"a", "a/b", "a/file", "a/big", "a/empty", "a/b/again", "link", "fifo", ""}) {
        expect_same(info(from_ / name), info(to_ / name), name);
    }
    EXPECT_EQ(sys::read_file(to_ / "a/file"), "content");
    EXPECT_EQ(sys::read_file(to_ / "a/big"), sys::read_file(from_ / "a/big"));
    EXPECT_EQ(info(to_ / "a/file").st_ino, info(to_ / "a/b/again").st_ino);
    EXPECT_NE(info(to_ / "a/file").st_ino, info(from_ / "a/file").st_ino); // never shared with the original
    EXPECT_EQ(fs::read_symlink(to_ / "link"), "/etc/passwd");
    char value = 0;
    const bool had = ::getxattr((from_ / "a/file").c_str(), "user.note", &value, 1) == 1;
    EXPECT_EQ(::getxattr((to_ / "a/file").c_str(), "user.note", &value, 1) == 1, had);
}

TEST_F(TreeCopyTest, TheCopyOfACopyHasTheSameSums) {
    fs::create_directories(from_ / "a/b");
    sys::write_file_atomic(from_ / "a/file", "content", 0640);
    fs::create_hard_link(from_ / "a/file", from_ / "a/b/again");
    fs::create_symlink("file", from_ / "a/link");
    ::mkfifo((from_ / "fifo").c_str(), 0620);
    const auto sums = copy().sums;
    EXPECT_EQ(std::count(sums.begin(), sums.end(), '\n'), 7);
    fs::rename(to_, from_ / "../second");
    from_ = dir_ / "second";
    fs::create_directory(to_);
    EXPECT_EQ(copy().sums, sums);
}

TEST_F(TreeCopyTest, LeavesSocketsOut) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = from_ / "s";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(socket.raw(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    (void)copy();
    EXPECT_FALSE(fs::exists(to_ / "s"));
}

TEST_F(TreeCopyTest, CopiesManyDirectories) {
    for (int i = 0; i < 200; ++i) {
        const auto directory = from_ / std::to_string(i) / "x";
        fs::create_directories(directory);
        sys::write_file_atomic(directory / "f", std::to_string(i));
    }
    EXPECT_EQ(copy().entries, 600u);
    EXPECT_EQ(sys::read_file(to_ / "137/x/f"), "137");
}

TEST_F(TreeCopyTest, SaysWhatIsInTheWay) {
    sys::write_file_atomic(from_ / "f", "1");
    sys::write_file_atomic(to_ / "f", "2");
    EXPECT_THROW((void)copy(), SystemError);
    EXPECT_EQ(sys::read_file(to_ / "f"), "2");
}

} // namespace
} // namespace lxcpp::image
