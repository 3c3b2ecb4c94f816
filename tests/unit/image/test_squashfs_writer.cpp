// SPDX-License-Identifier: Apache-2.0
#include "image/squashfs_writer.h"

#include "base/sha256.h"
#include "image/hashed_file.h"
#include "image/pack.h"
#include "image/squashfs_reader.h"
#include "image/tree_sums.h"
#include "image/unpack.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"
#include "tar_builder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;

TarEntry entry(TarType type, std::string path, std::uint64_t size = 0) {
    TarEntry result;
    result.type = type;
    result.path = std::move(path);
    result.mode = 0755;
    result.size = size;
    return result;
}

std::string noise(std::size_t size) {
    std::minstd_rand random(1);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random() >> 8);
    return text;
}

class SquashfsWriterTest : public testing::Test {
protected:
    SquashfsWriterTest() {
        options_.squashfs.emplace();
        fs::create_directory(dir_ / "tree");
    }

    [[nodiscard]] Fd file(const std::string& name, sys::Access access = sys::Access::ReadWrite) const {
        return sys::open_file(dir_ / name, {.access = access, .create = true, .truncate = access != sys::Access::Read});
    }

    Unpacked unpack(const std::string& archive, const std::string& into, TreeSums* sums) {
        fs::remove_all(dir_ / into);
        fs::create_directory(dir_ / into);
        sys::write_file_atomic(dir_ / "in", archive);
        SilentProgress silent;
        return unpack_archive(sys::open_file(dir_ / "in"), "in", sys::RootedDir::open(dir_ / into), {.tree = {.sums = sums}}, silent);
    }

    // A tree of one of each kind, and its sums.
    std::string fill() {
        TreeSums sums;
        const std::string random = noise(700'000);
        unpack(make_tar(TarMember{.name = "usr/", .type = '5', .mode = "0001775"},
                        TarMember{.name = "usr/b", .data = std::string(300'000, 'b'), .mode = "0004755"},
                        TarMember{.name = "usr/a", .type = '1', .link = "usr/b"}, TarMember{.name = "usr/lib/", .type = '5'},
                        TarMember{.name = "usr/lib/random", .data = random}, TarMember{.name = "usr/lib/twin", .data = random},
                        TarMember{.name = "usr/lib/tail", .data = random.substr(0, 500'000)},
                        TarMember{.name = "usr/lib/block", .data = random.substr(0, 128u << 10)},
                        TarMember{.name = "usr/zeros", .data = std::string(200'000, '\0')},
                        TarMember{.name = "usr/0", .data = std::string(100, '\0')},
                        TarMember{.name = "link", .type = '2', .link = "../" + std::string(90, 't')},
                        TarMember{.name = "pipe", .type = '6'}, TarMember{.name = "empty"}, TarMember{.name = "nothing/", .type = '5'},
                        pax(pax_record("SCHILY.xattr.user.long", std::string(300, 'v')) + pax_record("SCHILY.xattr.user.x", "1")),
                        TarMember{.name = "attributes", .data = "1"},
                        pax(pax_record("SCHILY.xattr.user.long", std::string(300, 'v'))), TarMember{.name = "same", .type = '5'},
                        pax(pax_record("mtime", "1700000000")), TarMember{.name = "new", .data = "1"},
                        pax(pax_record("GNU.sparse.size", "1000000") + pax_record("GNU.sparse.map", "40960,5")),
                        TarMember{.name = "sparse", .data = "holes"}),
               "tree", &sums);
        return sums.text();
    }

    std::string pack() {
        const Fd to = file("out");
        SilentProgress silent;
        packed_ = pack_tree(sys::RootedDir::open(dir_ / "tree"), to, options_, silent);
        std::string image = sys::read_file(dir_ / "out", 1u << 30);
        EXPECT_EQ(packed_.size, image.size());
        EXPECT_EQ(packed_.sha256, sha256_hex(image));
        EXPECT_EQ(image.size() % 4096, 0u);
        return image;
    }

    test::TempDir dir_{"/var/tmp"}; // a tmpfs may have no attributes
    PackOptions options_;
    Packed packed_;
};

TEST_F(SquashfsWriterTest, WhatIsUnpackedAgainIsTheSame) {
    const std::string original = fill();
    for (const char* compression : {"gzip", "lz4", "xz", "zstd", "zstd-1", "gzip-1", "xz-2"}) {
        for (const std::uint32_t block_size : {4u << 10, 128u << 10, 1u << 20}) {
            SCOPED_TRACE(std::string(compression) + " " + std::to_string(block_size));
            options_.squashfs = parse_squashfs_compression(compression);
            options_.squashfs->block_size = block_size;
            TreeSums again;
            const auto image = pack();
            EXPECT_EQ(unpack(image, "again", &again).sha256, packed_.sha256);
            EXPECT_EQ(first_difference(original, again.text()), "");
            EXPECT_EQ(original, again.text());
        }
    }
    EXPECT_EQ(fs::hard_link_count(dir_ / "again/usr/a"), 2u);
}

TEST_F(SquashfsWriterTest, TheSameWhateverTheThreads) {
    fill();
    for (std::size_t i = 0; i < 200; ++i) std::ofstream(dir_ / "tree" / ("small" + std::to_string(i))) << noise(i * 37);
    options_.squashfs->level = 3;
    options_.squashfs->block_size = 8u << 10;
    options_.squashfs->threads = 1;
    const std::string one = pack();
    for (const unsigned threads : {2u, 7u}) {
        options_.squashfs->threads = threads;
        EXPECT_TRUE(one == pack()) << threads;
    }
}

TEST_F(SquashfsWriterTest, SharesEqualFilesAndLeavesOutZeros) {
    sys::write_file_atomic(dir_ / "tree/a", noise(1'000'000));
    const auto once = pack().size();
    sys::write_file_atomic(dir_ / "tree/b", noise(1'000'000));
    sys::write_file_atomic(dir_ / "tree/zeros", std::string(3'000'000, '\0'));
    EXPECT_LE(pack().size(), once + 4096);
}

TEST_F(SquashfsWriterTest, HoldsBackTimes) {
    fill();
    options_.newest = 1'000'000;
    options_.excludes = {"usr"};
    pack();
    const Fd opened = sys::open_file(dir_ / "out");
    HashedFile bytes(opened, "out");
    SquashfsReader reader(bytes, "out");
    std::vector<std::string> names;
    while (const TarEntry* member = reader.next()) {
        EXPECT_LE(member->mtime.tv_sec, 1'000'000) << member->path;
        names.push_back(member->path);
    }
    EXPECT_EQ(names, (std::vector<std::string>{".", "./attributes", "./empty", "./link", "./new", "./nothing", "./pipe", "./same", "./sparse"}));
}

TEST_F(SquashfsWriterTest, RefusesWhatIsNoTree) {
    const auto refused = [&](const auto& act) {
        return test::error_of([&] {
            const Fd to = file("out");
            SquashfsWriter writer(to, {});
            act(writer);
            writer.finish();
        });
    };
    const auto root = entry(TarType::Directory, "./");
    EXPECT_EQ(refused([](SquashfsWriter&) {}), "squashfs: there is no root directory");
    EXPECT_EQ(refused([](SquashfsWriter& w) { w.add(entry(TarType::File, "a")); }), "squashfs: 'a': the root directory comes first, and once");
    EXPECT_EQ(refused([&](SquashfsWriter& w) { w.add(root), w.add(root); }), "squashfs: '': the root directory comes first, and once");
    EXPECT_EQ(refused([&](SquashfsWriter& w) { w.add(root), w.add(entry(TarType::File, "a/b")); }), "squashfs: 'a/b': it does not follow its directory");
    EXPECT_EQ(refused([&](SquashfsWriter& w) { w.add(root), w.add(entry(TarType::File, "b")), w.add(entry(TarType::File, "a")); }),
              "squashfs: 'a': names are not sorted");
    EXPECT_EQ(refused([&](SquashfsWriter& w) { w.add(root), w.add(entry(TarType::File, "b")), w.add(entry(TarType::File, "b")); }),
              "squashfs: 'b': names are not sorted");
    EXPECT_EQ(refused([&](SquashfsWriter& w) { w.add(root), w.add(entry(TarType::File, std::string(256, 'n'))); }),
              "squashfs: '" + std::string(256, 'n') + "': too long a name");
    EXPECT_EQ(refused([&](SquashfsWriter& w) { w.add(root), w.add(entry(TarType::File, "b", 5)), w.data("1234"); }),
              "squashfs: less data than the file's size");
    EXPECT_EQ(refused([&](SquashfsWriter& w) { w.add(root), w.add(entry(TarType::File, "b", 5)), w.data("123456"); }),
              "squashfs: more data than the file's size");
    EXPECT_EQ(refused([&](SquashfsWriter& w) { w.add(root), w.add(entry(TarType::File, "b", 1ull << 40)); }),
              "squashfs: 'b': with blocks of 128 KiB a file may have 64 GiB");
    for (const char* target : {"x", "d", "d/x", "x/y"}) {
        EXPECT_NE(refused([&](SquashfsWriter& w) {
                      auto link = entry(TarType::HardLink, "link");
                      link.link = target;
                      w.add(root), w.add(entry(TarType::Directory, "d")), w.add(link);
                  }).find("squashfs: 'link': another name of "), std::string::npos) << target;
    }
    EXPECT_EQ(refused([&](SquashfsWriter& w) {
                  auto with_acl = entry(TarType::File, "a");
                  with_acl.xattrs = {{"system.posix_acl_access", "x"}};
                  w.add(root), w.add(with_acl);
              }), "squashfs: 'a': an attribute 'system.posix_acl_access'");
}

TEST_F(SquashfsWriterTest, SaysWhatIsWrongWithTheFile) {
    fill();
    static_cast<void>(file("out"));
    SilentProgress silent;
    const Fd to = file("out", sys::Access::Read);
    EXPECT_EQ(test::error_of([&] { static_cast<void>(pack_tree(sys::RootedDir::open(dir_ / "tree"), to, options_, silent)); }),
              "write the squashfs image: Bad file descriptor");
    const Fd full = sys::open_file("/dev/full", {.access = sys::Access::ReadWrite});
    EXPECT_EQ(test::error_of([&] { static_cast<void>(pack_tree(sys::RootedDir::open(dir_ / "tree"), full, options_, silent)); }),
              "write the squashfs image: No space left on device");
}

TEST(SquashfsOptions, AreReadAsWords) {
    EXPECT_EQ(parse_squashfs_compression("zstd"), SquashfsOptions{});
    EXPECT_EQ(parse_squashfs_compression("zstd-22").level, 22u);
    EXPECT_EQ(parse_squashfs_compression("xz").compression, Compression::Xz);
    EXPECT_EQ(parse_squashfs_compression("lz4").compression, Compression::Lz4);
    EXPECT_EQ(test::error_of([] { static_cast<void>(parse_squashfs_compression("lz4-1")); }), "compression 'lz4-1': lz4 has no levels");
    EXPECT_EQ(test::error_of([] { static_cast<void>(parse_squashfs_compression("gzip-10")); }), "compression 'gzip-10': levels of gzip are 1 to 9");
    for (const char* text : {"", "lzo", "zst", "none", "zstd "}) {
        EXPECT_EQ(test::error_of([&] { static_cast<void>(parse_squashfs_compression(text)); }),
                  "compression '" + std::string(text) + "' of a squashfs: it is one of gzip, lz4, xz and zstd, or with a level such as zstd-19");
    }
    for (const char* text : {"zstd-", "zstd-0", "zstd-x", "zstd--1"})
        EXPECT_NE(test::error_of([&] { static_cast<void>(parse_squashfs_compression(text)); }), "") << text;
    for (const std::uint32_t size : {0u, 1000u, 2048u, 2u << 20}) {
        EXPECT_NE(test::error_of([&] { SquashfsWriter(FdRef(), {.compression = Compression::Zstd, .level = 0, .block_size = size}); })
                      .find("a power of two"), std::string::npos) << size;
    }
}

} // namespace
} // namespace lxcpp::image
