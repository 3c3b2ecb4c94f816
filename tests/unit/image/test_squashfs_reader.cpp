// SPDX-License-Identifier: Apache-2.0
// Images that want more of their reader than they hold themselves.
#include "image/squashfs_reader.h"

#include "image/hashed_file.h"
#include "image/squashfs_writer.h"
#include "support/error_of.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/memory_file.h"
#include "sys/spawn.h"
#include "support/temp_dir.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

namespace lxcpp::image {
namespace {

using testing::HasSubstr;

TarEntry entry(TarType type, std::string path, std::uint64_t size = 0) {
    TarEntry result;
    result.type = type;
    result.path = std::move(path);
    result.mode = 0755;
    result.size = size;
    return result;
}

// Reads all of it, without data; the number of members.
std::size_t read_names(FdRef image) {
    sys::seek_to(image, 0, "image");
    HashedFile bytes(image, "image");
    SquashfsReader reader(bytes, "image");
    std::size_t members = 0;
    while (reader.next() != nullptr) ++members;
    return members;
}

// Each name comes with the places of the file's blocks: 64 KiB of them 10,000 times would be 640 MB for an image of a
// hundred kilobytes.
TEST(SquashfsReaderTest, HoldsBackMemoryForNamesOfOneLargeFile) {
    const auto image_with = [](std::size_t names) {
        Fd file = sys::memory_file("image");
        SquashfsWriter writer(file, {.block_size = 4096, .threads = 1});
        constexpr std::size_t kSize = 64u << 20;
        writer.add(entry(TarType::Directory, "./"));
        writer.add(entry(TarType::File, "10000", kSize));
        for (std::size_t done = 0; done < kSize; done += 1u << 20) writer.data(std::string(1u << 20, '\0'));
        for (std::size_t i = 1; i < names; ++i) {
            TarEntry link = entry(TarType::HardLink, std::to_string(10'000 + i));
            link.link = "10000";
            writer.add(link);
        }
        writer.finish();
        return file;
    };
    EXPECT_EQ(read_names(image_with(100)), 101u);
    EXPECT_EQ(test::error_of([&] { (void)read_names(image_with(5000)); }), "image: damaged: too many names");
}

TEST(SquashfsReaderTest, RefusesTooLongPaths) {
    const Fd file = sys::memory_file("image");
    SquashfsWriter writer(file, {.threads = 1});
    std::string path = ".";
    writer.add(entry(TarType::Directory, "./"));
    for (int i = 0; i < 17; ++i) {
        path += "/" + std::string(250, 'n');
        writer.add(entry(TarType::Directory, path));
    }
    writer.finish();
    EXPECT_EQ(test::error_of([&] { (void)read_names(file); }), "image: damaged: too long a path");
}

// A walk would not end, or be as long as there are paths.
TEST(SquashfsReaderTest, RefusesADirectoryWithinItself) {
    const test::TempDir folder;
    std::filesystem::create_directories(folder.path() / "tree/a/b");
    const auto path = folder.path() / "image";
    const auto made = sys::run_and_capture({.argv = {"/usr/bin/mksquashfs", folder.path() / "tree", path, "-quiet", "-no-progress", "-noI", "-nopad"}},
                                           std::chrono::minutes(1));
    ASSERT_EQ(made.status.shell_code(), 0) << made.output;
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(read_names(sys::open_file(path)), 3u);
    // A name in a directory: where its inode is (b is the first, a the one behind it), the inode's number less that of the first
    // name there, its type, the length of the name less one.
    const auto name = bytes.find(std::string("\1\0\0\0b", 5));
    ASSERT_NE(name, bytes.npos);
    bytes[name - 4] = 32;
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_EQ(test::error_of([&] { (void)read_names(sys::open_file(path)); }), "image: damaged: './a/b' stands elsewhere too");
}

} // namespace
} // namespace lxcpp::image
