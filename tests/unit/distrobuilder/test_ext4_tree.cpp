// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/ext4_tree.h"

#include "disk_images.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "sys/file_meta.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <map>
#include <random>
#include <sys/stat.h>

namespace lxcpp::distro {
namespace {

using lxcpp::test::error_of;
using testing::HasSubstr;

namespace fs = std::filesystem;

class Ext4 : public testing::Test {
protected:
    Ext4() {
        fs::create_directories(tree() / "a/b");
        test::write_file(tree() / "a/b/small", "hello\n");
        test::write_file(tree() / "a/large", std::string(300'000, 'x') + "end");
        test::write_file(tree() / "a/empty", "");
        fs::permissions(tree() / "a/b/small", fs::perms(04751));
        fs::create_hard_link(tree() / "a/b/small", tree() / "a/z");
        fs::create_symlink("b/small", tree() / "a/link");
        fs::create_symlink(std::string(200, 'y'), tree() / "a/long-link");
        test::write_file(tree() / "a/holes", "begin");
        fs::resize_file(tree() / "a/holes", 5'000'000);
        fs::create_directories(out());
    }
    fs::path tree() const { return dir_ / "tree"; }
    fs::path out() const { return dir_ / "out"; }
    fs::path image() const { return dir_ / "image"; }

    std::uint64_t unpack(const fs::path& from, std::uint64_t offset = 0) {
        const Fd file = sys::open_file(from);
        const auto size = static_cast<std::uint64_t>(sys::stat_fd(file).st_size);
        return unpack_ext4(file, {offset, size - offset}, "image", sys::RootedDir::open(out()));
    }

    lxcpp::test::TempDir dir_;
};

struct stat stat_of(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info;
}

TEST_F(Ext4, GivesTheTreeBack) {
    for (const char* features : {"", "^metadata_csum,^64bit", "^extents,^64bit,^has_journal", "inline_data"}) {
        SCOPED_TRACE(features);
        fs::remove_all(out());
        fs::create_directories(out());
        fs::remove(image());
        test::make_ext4(tree(), image(), 8192, features);
        EXPECT_EQ(unpack(image()), 0u);
        EXPECT_EQ(test::read_file(out() / "a/b/small"), "hello\n");
        EXPECT_TRUE(test::read_file(out() / "a/large") == test::read_file(tree() / "a/large"));
        EXPECT_LT(stat_of(out() / "a/holes").st_blocks, 100);
        // mke2fs 1.47 itself cuts such a file off when it begins with inline data.
        const bool cut_off = std::string_view(features) == "inline_data";
        EXPECT_TRUE(cut_off || test::read_file(out() / "a/holes") == test::read_file(tree() / "a/holes"));
        EXPECT_EQ(fs::file_size(out() / "a/empty"), 0u);
        EXPECT_EQ(stat_of(out() / "a/b/small").st_mode & 07777u, 04751u);
        EXPECT_EQ(stat_of(out() / "a/b/small").st_ino, stat_of(out() / "a/z").st_ino);
        EXPECT_EQ(stat_of(out() / "a/large").st_mtime, stat_of(tree() / "a/large").st_mtime);
        EXPECT_EQ(fs::read_symlink(out() / "a/link"), "b/small");
        EXPECT_EQ(fs::read_symlink(out() / "a/long-link"), std::string(200, 'y'));
        EXPECT_FALSE(fs::exists(out() / "lost+found"));
    }
}

TEST_F(Ext4, StandsAnywhereInAFile) {
    test::make_ext4(tree(), image(), 8192);
    const fs::path disk = dir_ / "disk";
    test::write_file(disk, std::string(4096, 'p') + test::read_file(image()));
    unpack(disk, 4096);
    EXPECT_EQ(test::read_file(out() / "a/b/small"), "hello\n");
    const Fd file = sys::open_file(disk);
    EXPECT_TRUE(is_ext4(file, {4096, 8u << 20}, "disk"));
    EXPECT_FALSE(is_ext4(file, {0, 8u << 20}, "disk"));
    EXPECT_FALSE(is_ext4(file, {4096, 100}, "disk"));
}

TEST_F(Ext4, KeepsOwnersAndCapabilities) {
    test::make_ext4(tree(), image(), 8192);
    test::write_file(dir_ / "capability", std::string("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
    test::run_tool({"/sbin/debugfs", "-w", "-R", fmt::format("ea_set -f {} a/large security.capability", (dir_ / "capability").native()), image()});
    test::run_tool({"/sbin/debugfs", "-w", "-R", "sif a/large uid 1234", image()});
    test::run_tool({"/sbin/debugfs", "-w", "-R", "mknod null c 1 3", image()});
    const Fd file = sys::open_file(image());
    Ext4Reader reader(file, {0, 8u << 20}, "image");
    std::map<std::string, image::TarEntry> found;
    while (const auto* entry = reader.next()) found[entry->path] = *entry;
    ASSERT_TRUE(found.contains("./a/large"));
    EXPECT_EQ(found["./a/large"].uid, 1234u);
    ASSERT_EQ(found["./a/large"].xattrs.size(), 1u);
    EXPECT_EQ(found["./a/large"].xattrs[0], std::pair(std::string("security.capability"), test::read_file(dir_ / "capability")));
    EXPECT_EQ(found["./null"].type, image::TarType::CharDevice);
}

TEST_F(Ext4, SaysWhatItIsNot) {
    test::write_file(image(), std::string(100'000, 'q'));
    EXPECT_THAT(error_of([&] { unpack(image()); }), HasSubstr("image: it is no ext4 file system"));
    test::write_file(image(), "short");
    EXPECT_THAT(error_of([&] { unpack(image()); }), HasSubstr("image: damaged"));
    fs::remove(image());
    test::make_ext4(tree(), image(), 8192);
    const std::string whole = test::read_file(image());
    test::write_file(image(), whole.substr(0, whole.size() / 2));
    EXPECT_THAT(error_of([&] { unpack(image()); }), HasSubstr("it is cut off, or larger than its place"));
    test::write_file(image(), whole);
    test::run_tool({"/sbin/debugfs", "-w", "-R", "feature needs_recovery", image()});
    EXPECT_THAT(error_of([&] { unpack(image()); }), HasSubstr("its journal is not read"));
}

// Two names of one directory: a walk would not end, or be as long as there are paths.
TEST_F(Ext4, RefusesADirectoryWithinItself) {
    test::make_ext4(tree(), image(), 8192);
    test::run_tool({"/sbin/debugfs", "-w", "-R", "link a a/b/again", image()});
    EXPECT_THAT(error_of([&] { unpack(image()); }), HasSubstr("a directory that stands elsewhere too"));
}

TEST_F(Ext4, RefusesTooLongPaths) {
    test::make_ext4(tree(), image(), 8192);
    std::string script;
    for (int i = 0; i < 17; ++i) script += fmt::format("mkdir {0}\ncd {0}\n", std::string(250, 'n'));
    test::write_file(dir_ / "script", script);
    test::run_tool({"/sbin/debugfs", "-w", "-f", dir_ / "script", image()});
    const Fd file = sys::open_file(image());
    EXPECT_EQ(error_of([&] {
                  Ext4Reader reader(file, {0, 8u << 20}, "image");
                  while (reader.next() != nullptr) {}
              }),
              "image: damaged: too long a path");
}

TEST_F(Ext4, RefusesMoreThanTheTreeMayHold) {
    test::make_ext4(tree(), image(), 8192);
    test::run_tool({"/sbin/debugfs", "-w", "-R", "sif a/holes size 90000000000", image()});
    EXPECT_THAT(error_of([&] { unpack(image()); }), HasSubstr("more content than can be"));
}

// Whatever stands in it: an Error, or members that are read to their end.
TEST_F(Ext4, MutatedImagesOnlyGiveErrors) {
    unsigned refused = 0;
    unsigned read = 0;
    for (const char* features : {"^metadata_csum,^64bit,^has_journal", "^metadata_csum,^extents,^64bit,^has_journal", "^metadata_csum,inline_data,^has_journal"}) {
        fs::remove(image());
        fs::remove(tree() / "a/holes");
        test::make_ext4(tree(), image(), 1024, features);
        const std::string whole = test::read_file(image());
        std::vector<std::size_t> used; // blocks, but of large files' content: changing those shows little
        for (std::size_t i = 1024; i < whole.size(); i += 1024)
            if (whole.substr(i, 1024).find_first_not_of(std::string_view("\0x", 2)) != whole.npos) used.push_back(i);
        for (unsigned seed = 0; seed < 150; ++seed) {
            std::mt19937 random(seed);
            std::string text = whole;
            for (auto left = 1 + random() % 100; left > 0; --left) {
                text[used[random() % used.size()] + random() % 1024] = static_cast<char>(random());
            }
            test::write_file(image(), text);
            const Fd file = sys::open_file(image());
            const std::string problem = error_of([&] {
                Ext4Reader reader(file, {0, text.size()}, "image");
                std::uint64_t bytes = 0;
                while (reader.next() != nullptr)
                    for (auto data = reader.read(); !data.empty(); data = reader.read()) bytes += data.size();
                EXPECT_LT(bytes, std::uint64_t{1} << 30);
            });
            ++(problem.empty() ? read : refused);
            EXPECT_TRUE(problem.empty() || problem.starts_with("image: ")) << features << " seed " << seed << ": " << problem;
        }
    }
    EXPECT_GT(refused, 20u);
    EXPECT_GT(read, 20u);
    RecordProperty("refused", static_cast<int>(refused));
}

} // namespace
} // namespace lxcpp::distro
