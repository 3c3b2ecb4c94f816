// SPDX-License-Identifier: Apache-2.0
#include "image/oci_files.h"
#include "image/oci_layers.h"
#include "image/read_ahead.h"
#include "compressed.h"
#include "oci_builder.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "tar_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <archive.h>
#include <filesystem>
#include <stdexcept>

namespace lxcpp::image {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

OciDigest digest(const std::string& bytes) { return {.algorithm = "sha256", .hex = sha256_hex(bytes)}; }

class OciLayerApplyTest : public testing::Test {
protected:
    // What unpacking these bytes says, when they are to have these digests.
    std::string apply(const std::string& bytes, const OciDigest& stored, const OciDigest& content) {
        std::filesystem::remove_all(dir_ / "root");
        std::filesystem::create_directory(dir_ / "root");
        sys::write_file_atomic(dir_ / "blob", bytes);
        const OciBlob blob{.file = std::make_shared<Fd>(sys::open_file(dir_ / "blob")), .size = bytes.size(), .name = "the blob", .path = {}};
        return test::error_of([&] {
            applied_ = apply_oci_layer({.blob = blob, .digest = stored, .diff_id = content},
                                       sys::RootedDir::open(dir_ / "root"), false);
        });
    }
    std::string apply(const std::string& bytes, const std::string& stored, const std::string& content) {
        return apply(bytes, digest(stored), digest(content));
    }
    std::string apply(const std::string& bytes, const std::string& content) { return apply(bytes, bytes, content); }

    test::TempDir dir_;
    LayerApplied applied_;
    std::string tar_ = make_tar(TarMember{.name = "a", .data = std::string(700'000, 'a')}, TarMember{.name = "b", .data = "B"});
};

TEST_F(OciLayerApplyTest, PlainGzipAndZstd) {
    for (const std::string& bytes : {tar_, compressed(tar_, &::archive_write_add_filter_gzip), compressed(tar_, &::archive_write_add_filter_zstd)}) {
        EXPECT_EQ(apply(bytes, tar_), "");
        EXPECT_EQ(sys::read_file(dir_ / "root/b"), "B");
        EXPECT_EQ(applied_.bytes, 700'001u);
    }
    EXPECT_THAT(apply(compressed(tar_, &::archive_write_add_filter_xz), tar_), HasSubstr("compressed with xz"));
    EXPECT_THAT(apply(compressed(tar_, &::archive_write_add_filter_bzip2), tar_), HasSubstr("compressed with bzip2"));
}

TEST_F(OciLayerApplyTest, EachByteCounts) { // row 31
    const std::string good = compressed(tar_, &::archive_write_add_filter_gzip);
    for (const std::size_t place : {std::size_t{0}, std::size_t{9}, good.size() / 2, good.size() - 1}) {
        std::string bad = good;
        bad[place] = static_cast<char>(bad[place] ^ 0x20);
        EXPECT_THAT(apply(bad, good, tar_), AllOf(HasSubstr("the blob: sha256 is"), HasSubstr(sha256_hex(good)))) << place;
    }
    EXPECT_THAT(apply(good.substr(0, good.size() - 8), good, tar_), HasSubstr("the blob: sha256 is"));
    EXPECT_THAT(apply(good + "more", good, tar_), HasSubstr("the blob: sha256 is"));
}

TEST_F(OciLayerApplyTest, WhatItUnpacksToCountsToo) { // row 32
    const std::string bytes = compressed(tar_, &::archive_write_add_filter_gzip);
    EXPECT_THAT(apply(bytes, tar_ + std::string(512, '\0')), HasSubstr("the blob: sha256 of what it unpacks to is"));
    // Hashed behind the end of the archive as well, where nothing but zeros may be.
    const std::string longer = tar_ + std::string(10'240, '\0');
    EXPECT_EQ(apply(compressed(longer, &::archive_write_add_filter_gzip), longer), "");
    EXPECT_THAT(apply(compressed(longer, &::archive_write_add_filter_gzip), tar_), HasSubstr("of what it unpacks to"));
    EXPECT_THAT(apply(tar_ + "x", tar_ + "x"), HasSubstr("the blob: data after the end of the archive"));
    const std::string hidden = tar_ + make_tar(TarMember{.name = "hidden"});
    EXPECT_THAT(apply(hidden, hidden), HasSubstr("data after the end of the archive"));
}

TEST_F(OciLayerApplyTest, WhatTheDigestSaysIsWholeNeedsNoEndMark) {
    const std::string open = tar_.substr(0, tar_.size() - tar_end().size());
    EXPECT_EQ(apply(compressed(open, &::archive_write_add_filter_gzip), open), "");
    EXPECT_EQ(sys::read_file(dir_ / "root/b"), "B");
    EXPECT_THAT(apply(open.substr(0, open.size() - 1024), tar_), HasSubstr("of what it unpacks to")) << "a member is missing";
    EXPECT_EQ(apply("", ""), "");
}

TEST_F(OciLayerApplyTest, DigestsMayBeBySha512) {
    const std::string bytes = compressed(tar_, &::archive_write_add_filter_gzip);
    const auto id = [](const std::string& of) { return *parse_oci_digest(sha512_digest_of(of)); };
    EXPECT_EQ(apply(bytes, id(bytes), id(tar_)), "");
    EXPECT_EQ(apply(bytes, digest(bytes), id(tar_)), "");
    EXPECT_THAT(apply(bytes, id(tar_), id(tar_)), HasSubstr("the blob: sha512 is"));
    EXPECT_THAT(apply(bytes, id(bytes), id(bytes)), HasSubstr("the blob: sha512 of what it unpacks to is"));
}

TEST_F(OciLayerApplyTest, BombsAreStopped) { // row 17
    const std::string big = make_tar(TarMember{.name = "big", .data = std::string(80u << 20, '\0')});
    EXPECT_THAT(apply(compressed(big, &::archive_write_add_filter_gzip), big), HasSubstr("the blob: it expands more than 200-fold"));
}

TEST_F(OciLayerApplyTest, BytesAfterTheCompressedStreamAreRefused) { // row 18
    const std::string bytes = compressed(tar_, &::archive_write_add_filter_gzip) + "junk";
    EXPECT_THAT(apply(bytes, tar_), HasSubstr("the blob: "));
}

TEST(OciLayerNames, FollowTheChain) {
    const OciDigest a = digest("a");
    const OciDigest b = digest("b");
    const auto names = layer_tree_names({a, b});
    ASSERT_EQ(names.size(), 2u);
    EXPECT_EQ(names[0], sha256_hex("oci-layer " + a.text()));
    EXPECT_EQ(names[1], sha256_hex("oci-layer sha256:" + sha256_hex(a.text() + " " + b.text())));
    EXPECT_NE(layer_tree_names({b, a})[1], names[1]);
    EXPECT_NE(names[0], a.hex) << "an image of another kind could have that name";
}

TEST(ReadAheadTest, GivesAllBytesAndTheFailureInItsPlace) {
    std::string text;
    for (int i = 0; i < 500'000; ++i) text += std::to_string(i);
    ReadAhead all(text_source(text, 7'000));
    std::string got;
    std::vector<char> buffer(1000);
    while (const auto count = all.read(buffer)) got.append(buffer.data(), count);
    EXPECT_EQ(got, text);
    ReadAhead failing([first = true](std::span<char> into) mutable {
        if (!std::exchange(first, false)) throw std::runtime_error("broken");
        return into.size();
    });
    std::uint64_t before = 0;
    EXPECT_EQ(test::error_of([&] {
        while (const auto count = failing.read(buffer)) before += count;
    }), "broken");
}

TEST(ReadAheadTest, IsLeftInTheMiddle) {
    ReadAhead endless([](std::span<char> into) { return into.size(); });
    std::vector<char> buffer(10);
    EXPECT_EQ(endless.read(buffer), 10u);
}

} // namespace
} // namespace lxcpp::image
