// SPDX-License-Identifier: Apache-2.0
#include "image/pack.h"

#include "base/sha256.h"
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
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;

class PackTest : public testing::Test {
protected:
    PackTest() {
        options_.compression = Compression::None;
        options_.first_id = 0;
        fs::create_directory(dir_ / "tree");
    }

    // A tree of one of each kind, and its sums.
    std::string fill() {
        const std::string long_name(120, 'n');
        TreeSums sums;
        unpack(make_tar(TarMember{.name = "usr/", .type = '5', .mode = "0001775"},
                        TarMember{.name = "usr/b", .data = std::string(300'000, 'b'), .mode = "0004755"},
                        TarMember{.name = "usr/a", .type = '1', .link = "usr/b"},
                        pax(pax_record("path", "usr/" + long_name)), TarMember{.name = "x", .data = "long"},
                        TarMember{.name = "link", .type = '2', .link = "../" + std::string(90, 't')},
                        TarMember{.name = "pipe", .type = '6'}, TarMember{.name = "empty"},
                        pax(pax_record("mtime", "-1.25")), TarMember{.name = "old", .data = "1"},
                        pax(pax_record("mtime", "1700000000.000000001")), TarMember{.name = "new", .data = "1"},
                        pax(pax_record("GNU.sparse.size", "1000000") + pax_record("GNU.sparse.map", "40960,5")),
                        TarMember{.name = "sparse", .data = "holes"}),
               "tree", &sums);
        return sums.text();
    }

    Unpacked unpack(const std::string& archive, const std::string& into, TreeSums* sums) {
        fs::remove_all(dir_ / into);
        fs::create_directory(dir_ / into);
        sys::write_file_atomic(dir_ / "in.tar", archive);
        SilentProgress silent;
        return unpack_archive(sys::open_file(dir_ / "in.tar"), "in.tar", sys::RootedDir::open(dir_ / into),
                              {.tree = {.sums = sums}}, silent);
    }

    std::string pack() {
        const auto path = dir_ / "out.tar";
        const Fd to = sys::open_file(path, {.access = sys::Access::Write, .create = true, .truncate = true});
        SilentProgress silent;
        packed_ = pack_tree(sys::RootedDir::open(dir_ / "tree"), to, options_, silent);
        std::string archive = sys::read_file(path, 1u << 30);
        EXPECT_EQ(packed_.size, archive.size());
        EXPECT_EQ(packed_.sha256, sha256_hex(archive));
        return archive;
    }

    std::vector<std::string> names(const std::string& archive) {
        std::vector<std::string> result;
        TarReader reader(text_source(archive), "x");
        while (const TarEntry* entry = reader.next()) result.push_back(entry->path);
        return result;
    }

    test::TempDir dir_;
    PackOptions options_;
    Packed packed_;
};

TEST_F(PackTest, WhatIsUnpackedAgainIsTheSame) {
    const std::string original = fill();
    for (const auto compression : {Compression::None, Compression::Gzip, Compression::Xz, Compression::Zstd}) {
        options_.compression = compression;
        TreeSums again;
        const auto archive = pack();
        const auto result = unpack(archive, "again", &again);
        EXPECT_EQ(first_difference(original, again.text()), "");
        EXPECT_EQ(original, again.text());
        EXPECT_EQ(result.sha256, packed_.sha256);
        EXPECT_TRUE(archive == pack()); // twice the same
    }
    struct stat info {};
    ASSERT_EQ(::stat((dir_ / "again/sparse").c_str(), &info), 0);
    EXPECT_LT(info.st_blocks * 512, 200'000);
    EXPECT_EQ(fs::hard_link_count(dir_ / "again/usr/a"), 2u);
}

// GNU tar makes a file as long as its last extent ends.
TEST_F(PackTest, HolesAtTheEndHaveAnExtentBehindThem) {
    std::ofstream(dir_ / "tree/holes") << "";
    std::filesystem::resize_file(dir_ / "tree/holes", 1 << 20);
    std::ofstream(dir_ / "tree/tail") << "begin";
    std::filesystem::resize_file(dir_ / "tree/tail", 1 << 20);
    TarReader reader(text_source(pack()), "x");
    int seen = 0;
    while (const TarEntry* entry = reader.next()) {
        if (!entry->sparse) continue;
        ++seen;
        EXPECT_EQ(entry->size, 1u << 20) << entry->path;
        ASSERT_FALSE(entry->extents.empty()) << entry->path;
        EXPECT_EQ(entry->extents.back(), (TarExtent{1u << 20, 0})) << entry->path;
    }
    EXPECT_EQ(seen, 2);
}

TEST_F(PackTest, SortsNamesAndHoldsBackTimes) {
    fill();
    options_.newest = 1'000'000;
    options_.below = "rootfs";
    options_.files = {{"metadata.yaml", "a: b\n"}};
    options_.excludes = {"pipe", "usr/n*"};
    const auto archive = pack();
    EXPECT_EQ(names(archive), (std::vector<std::string>{"metadata.yaml", "rootfs/", "rootfs/empty", "rootfs/link",
                                                        "rootfs/new", "rootfs/old", "rootfs/sparse", "rootfs/usr/",
                                                        "rootfs/usr/a", "rootfs/usr/b"}));
    TarReader reader(text_source(archive), "x");
    while (const TarEntry* entry = reader.next()) EXPECT_LE(entry->mtime.tv_sec, 1'000'000) << entry->path;
}

TEST_F(PackTest, MayReplaceContent) {
    fill();
    options_.content = [](const std::string& path) {
        return path == "old" ? std::optional<std::string>("another") : std::nullopt;
    };
    unpack(pack(), "again", nullptr);
    EXPECT_EQ(sys::read_file(dir_ / "again/old"), "another");
    EXPECT_EQ(sys::read_file(dir_ / "again/new"), "1");
}

TEST_F(PackTest, RefusesIdsThatArePartOfNoRange) {
    fill();
    options_.first_id = 4'000'000;
    EXPECT_NE(test::error_of([&] { pack(); }).find("which is none of the ids from 4000000 on"), std::string::npos);
}

TEST_F(PackTest, AttributesComeAlongUnlessTheyDriveTheHost) {
    fill();
    const Fd file = sys::open_file(dir_ / "tree/new", {.access = sys::Access::ReadWrite});
    try {
        sys::set_xattr(file, "user.kept", "value", "new");
        sys::set_xattr(file, "user.overlay.opaque", "y", "new");
    } catch (const SystemError& error) {
        GTEST_SKIP() << "no user attributes here: " << error.what();
    }
    TarReader reader(text_source(pack()), "x");
    const TarEntry* entry = reader.next();
    while (entry != nullptr && entry->path != "./new") entry = reader.next();
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->xattrs, (Xattrs{{"user.kept", "value"}}));
}

TEST_F(PackTest, AFailedWriteIsAnError) {
    fill();
    SilentProgress silent;
    const Fd full = sys::open_file("/dev/full", {.access = sys::Access::Write});
    EXPECT_NE(test::error_of([&] { pack_tree(sys::RootedDir::open(dir_ / "tree"), full, options_, silent); })
                  .find("No space left"),
              std::string::npos);
}

TEST(Compression, HasNames) {
    EXPECT_EQ(parse_compression("zstd"), Compression::Zstd);
    EXPECT_EQ(compression_suffix(Compression::Xz), ".xz");
    EXPECT_EQ(test::error_of([] { (void)parse_compression("lzma"); }),
              "compression 'lzma': it is one of none, gzip, xz and zstd");
}

} // namespace
} // namespace lxcpp::image
