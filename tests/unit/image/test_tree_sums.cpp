// SPDX-License-Identifier: Apache-2.0
#include "image/tree_sums.h"

#include "image/tree_copy.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;

class TreeSumsTest : public testing::Test {
protected:
    TreeSumsTest() {
        fs::create_directories(tree_ / "usr/bin");
        sys::write_file_atomic(tree_ / "usr/bin/tool", std::string(200'000, 'x'), 0755);
        sys::write_file_atomic(tree_ / "usr/other", "other", 0644);
        fs::create_symlink("other", tree_ / "usr/link");
        ::mkfifo((tree_ / "fifo").c_str(), 0600);
        before_ = sums();
    }
    std::string sums() {
        SilentProgress silent;
        fs::remove_all(dir_ / "copy");
        fs::create_directory(dir_ / "copy");
        return copy_tree(sys::RootedDir::open(tree_), sys::RootedDir::open(dir_ / "copy"), silent).sums;
    }
    // The path that is named after a change.
    std::string named_after(const std::function<void()>& change) {
        change();
        return first_difference(before_, sums());
    }
    // Changes a file as a failing disk does: nothing but the bytes.
    void damage(const char* name, std::streamoff offset) {
        const auto time = times(name);
        std::fstream file(tree_ / name, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(offset);
        file.put('!');
        file.close();
        ::utimensat(AT_FDCWD, (tree_ / name).c_str(), time.data(), AT_SYMLINK_NOFOLLOW);
    }
    std::array<timespec, 2> times(const char* name) {
        struct stat info {};
        ::lstat((tree_ / name).c_str(), &info);
        return {info.st_mtim, info.st_mtim};
    }

    test::TempDir dir_;
    fs::path tree_ = dir_ / "tree";
    std::string before_;
};

TEST_F(TreeSumsTest, StayTheSameForTheSameTree) {
    EXPECT_EQ(sums(), before_);
    EXPECT_EQ(first_difference(before_, before_), "");
    const timespec now[2] = {{5, 0}, {5, 0}};
    ::utimensat(AT_FDCWD, tree_.c_str(), now, 0); // the cache marks its use there
    EXPECT_EQ(sums(), before_);
}

TEST_F(TreeSumsTest, NameAFlippedByte) {
    EXPECT_EQ(named_after([&] { damage("usr/bin/tool", 150'000); }), "/usr/bin/tool");
}

TEST_F(TreeSumsTest, NameAChangedMode) {
    EXPECT_EQ(named_after([&] { ::chmod((tree_ / "usr/bin/tool").c_str(), 04755); }), "/usr/bin/tool");
}

TEST_F(TreeSumsTest, NameAnotherLink) {
    const auto link_time = times("usr/link");
    const auto directory_time = times("usr");
    EXPECT_EQ(named_after([&] {
                  fs::remove(tree_ / "usr/link");
                  fs::create_symlink("ather", tree_ / "usr/link");
                  ::utimensat(AT_FDCWD, (tree_ / "usr/link").c_str(), link_time.data(), AT_SYMLINK_NOFOLLOW);
                  ::utimensat(AT_FDCWD, (tree_ / "usr").c_str(), directory_time.data(), 0);
              }),
              "/usr/link");
}

TEST_F(TreeSumsTest, NameWhatIsGoneOrNew) {
    const auto keep = times("usr/bin");
    const auto restore = [&] { ::utimensat(AT_FDCWD, (tree_ / "usr/bin").c_str(), keep.data(), 0); };
    EXPECT_EQ(named_after([&] {
                  sys::write_file_atomic(tree_ / "usr/bin/a", "");
                  restore();
              }),
              "/usr/bin/a");
    EXPECT_EQ(named_after([&] {
                  fs::remove(tree_ / "usr/bin/a");
                  fs::remove(tree_ / "usr/bin/tool");
                  restore();
              }),
              "/usr/bin/tool");
    EXPECT_EQ(first_difference("", before_), "/");
}

TEST_F(TreeSumsTest, AllDifferencesAreNamed) {
    const std::string digest(64, 'a');
    const std::string other(64, 'b');
    const auto lines = [](std::initializer_list<std::string> all) {
        std::string text;
        for (const std::string& line : all) text += line + '\n';
        return text;
    };
    const std::string before = lines({digest + " ", digest + " a", digest + " b", digest + " c"});
    EXPECT_EQ(differences(before, before), std::vector<std::string>{});
    EXPECT_EQ(differences(before, lines({digest + " ", other + " a", digest + " c", digest + " d"})),
              (std::vector<std::string>{"/a", "/b", "/d"}));
    EXPECT_EQ(differences(before, ""), (std::vector<std::string>{"/", "/a", "/b", "/c"}));
}

TEST_F(TreeSumsTest, DigestDoesNotDependOnTheOffset) {
    const auto file = sys::open_file(tree_ / "usr/other");
    const auto digest = content_digest(file, 5, "other");
    char byte = 0;
    EXPECT_EQ(::read(file.raw(), &byte, 1), 1);
    EXPECT_EQ(content_digest(file, 5, "other"), digest);
    EXPECT_EQ(content_digest(file, 99, "other"), digest) << "a file that is shorter than it was";
    EXPECT_NE(content_digest(file, 4, "other"), digest);
}

} // namespace
} // namespace lxcpp::image
