// SPDX-License-Identifier: Apache-2.0
#include "image/deb_archive.h"

#include "image/decompress.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "deb_builder.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

class DebArchiveTest : public testing::Test {
protected:
    DebArchive open(const std::string& bytes) {
        sys::write_file_atomic(dir_ / "x.deb", bytes);
        return DebArchive::open(sys::open_file(dir_ / "x.deb"), "x.deb");
    }
    std::string refusal(const std::string& bytes) {
        return test::error_of([&] {
            const auto deb = open(bytes);
            for (auto reader : {deb.control(), deb.data()}) {
                while (reader.next() != nullptr) {}
            }
        });
    }
    test::TempDir dir_;
};

TEST_F(DebArchiveTest, ReadsBothParts) {
    const auto control = make_tar(TarMember{.name = "./control", .data = "Package: a\n"});
    const auto data = make_tar(TarMember{.name = "./f", .data = "content"});
    const auto deb = open(make_deb(control, data));
    auto reader = deb.control();
    EXPECT_EQ(reader.next()->path, "./control");
    EXPECT_EQ(read_data(reader), "Package: a\n");
    for (int again = 0; again < 2; ++again) {
        auto content = deb.data();
        EXPECT_EQ(content.next()->path, "./f");
        EXPECT_EQ(read_data(content), "content");
    }
    const auto copy = sys::open_file(dir_ / "copy", {.access = sys::Access::Write, .create = true});
    deb.copy_to(copy);
    EXPECT_EQ(sys::read_file(dir_ / "copy"), sys::read_file(dir_ / "x.deb"));
}

TEST_F(DebArchiveTest, RefusesOtherFiles) {
    const auto tar = make_tar(TarMember{.name = "f"});
    const auto good = make_deb(tar, tar);
    EXPECT_EQ(refusal(good), "");
    EXPECT_EQ(refusal(""), "x.deb: not a Debian package: no ar archive");
    EXPECT_EQ(refusal("#!/bin/sh\nrm -rf /\n"), "x.deb: not a Debian package: no ar archive");
    EXPECT_EQ(refusal(good.substr(0, 100)), "x.deb: not a Debian package: a member is missing");
    EXPECT_EQ(refusal(ar_magic() + ar_member("debian-binary", "3.0\n") + ar_member("control.tar", tar)),
              "x.deb: not a Debian package of format 2");
    EXPECT_EQ(refusal(ar_magic() + ar_member("debian-binary", "2.0\n") + ar_member("control.tar", tar) +
                      ar_member("data.tar.lz4", tar)),
              "x.deb: unknown members 'control.tar' and 'data.tar.lz4'");
    EXPECT_EQ(refusal(good.substr(0, good.size() - 600)), "x.deb: data.tar: the file ends too early");
    auto damaged = good;
    damaged[8 + 48] = '-';
    EXPECT_EQ(refusal(damaged), "x.deb: not a Debian package: a damaged ar header");
}

TEST(Decompressor, PassesPlainBytesAndEmptyInput) {
    EXPECT_EQ(decompress_all(text_source("hello"), "x", {}), "hello");
    EXPECT_EQ(decompress_all(text_source(""), "x", {}), "");
}

TEST(Decompressor, ReadsGzipAndRefusesDamage) {
    const std::string packed = gzip(std::string(200'000, 'a') + "end");
    const auto refusal = [](const std::string& bytes) {
        return test::error_of([&] { (void)decompress_all(text_source(bytes), "x.gz", {}); });
    };
    EXPECT_TRUE(decompress_all(text_source(packed, 13), "x.gz", {}).ends_with("aend"));
    EXPECT_EQ(decompress_all(text_source(packed + gzip("more")), "x.gz", {}).size(), 200'007u);
    EXPECT_NE(refusal(packed.substr(0, packed.size() / 2)).find("x.gz: damaged:"), std::string::npos);
    EXPECT_EQ(refusal(packed + "garbage"), "x.gz: 7 bytes after the end of the compressed data");
}

TEST(Decompressor, StopsBombs) {
    const std::string bomb = gzip(std::string(100u << 20, '\0'));
    const auto refusal = [&](const DecompressLimits& limits) {
        return test::error_of([&] {
            Decompressor stream(text_source(bomb), "bomb", limits);
            std::vector<char> buffer(1u << 20);
            while (stream.read(buffer) != 0) {}
        });
    };
    EXPECT_EQ(refusal({.max_bytes = 1u << 20}), "bomb: it expands to more than 1048576 bytes");
    EXPECT_EQ(refusal({}), "bomb: it expands more than 200-fold");
    EXPECT_EQ(refusal({.max_ratio = 100'000}), "");
}

TEST(Decompressor, HandsOnWhatTheSourceThrows) {
    const ByteSource broken = [](std::span<char>) -> std::size_t { throw Error("the disk is gone"); };
    EXPECT_EQ(test::error_of([&] { (void)decompress_all(broken, "x", {}); }), "the disk is gone");
}

} // namespace
} // namespace lxcpp::image
