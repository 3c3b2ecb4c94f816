// SPDX-License-Identifier: Apache-2.0
#include "image/archive_bytes.h"

#include "base/sha256.h"
#include "image/xz_blocks.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"
#include "xz_builder.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

namespace lxcpp::image {
namespace {

// Compresses about twofold.
std::string some_text(std::size_t size) {
    std::mt19937 random(7);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random() & 15u);
    return text;
}

class ArchiveBytesTest : public testing::Test {
protected:
    Fd file(const std::string& content) {
        const auto path = dir_ / "x.tar.xz";
        sys::write_all(sys::open_file(path, {.access = sys::Access::Write, .create = true, .truncate = true}), content, "x");
        return sys::open_file(path);
    }

    struct Result {
        std::string text;
        std::string sha256;
        std::string error;
    };
    Result read(const std::string& content, const DecompressLimits& limits = {}, std::uint64_t start = 0) {
        Result result;
        result.error = test::error_of([&] {
            const Fd from = file(content);
            sys::seek_to(from, start, "x");
            ArchiveBytes bytes(from, "x.tar.xz", limits);
            std::string buffer(70'000, '\0');
            while (const auto count = bytes.read(buffer)) result.text.append(buffer, 0, count);
            result.sha256 = bytes.sha256();
        });
        return result;
    }

    test::TempDir dir_;
};

TEST_F(ArchiveBytesTest, GivesTheContentAndTheDigestOfTheFile) {
    const std::string text = some_text(2'000'000);
    const std::string blocks = make_xz(text, 120'000);
    EXPECT_EQ(list_xz_blocks(file(blocks), 0, blocks.size()).size(), 17u);
    const std::string single = make_xz(text, 10'000'000);
    const std::string streams = make_xz(text, 700'000) + std::string(8, '\0') + make_xz("and more", 100);
    for (const std::string& archive : {blocks, single, text}) {
        const auto result = read(archive);
        EXPECT_EQ(result.error, "");
        EXPECT_TRUE(result.text == text) << result.text.size();
        EXPECT_EQ(result.sha256, sha256_hex(archive));
    }
    EXPECT_TRUE(read(streams).text == text + "and more");
    EXPECT_EQ(read(streams).sha256, sha256_hex(streams));
    const auto later = read("junk" + blocks, {}, 4);
    EXPECT_TRUE(later.text == text);
    EXPECT_EQ(later.sha256, sha256_hex(blocks));
    EXPECT_EQ(read("").sha256, sha256_hex(""));
}

TEST_F(ArchiveBytesTest, ADamagedByteInAnyBlockIsNoticed) {
    const std::string text = some_text(400'000);
    const std::string archive = make_xz(text, 100'000);
    const auto blocks = list_xz_blocks(file(archive), 0, archive.size());
    ASSERT_EQ(blocks.size(), 4u);
    for (std::size_t place = 0; place < archive.size(); place += 7919) {
        std::string damaged = archive;
        damaged[place] = static_cast<char>(damaged[place] ^ 0x20);
        EXPECT_EQ(read(damaged).error.substr(0, 18), place == 0 ? "" : "x.tar.xz: damaged:") << place;
    }
    EXPECT_EQ(read(archive.substr(0, archive.size() - 1)).error.substr(0, 18), "x.tar.xz: damaged:");
    EXPECT_EQ(read(archive + "x").error.substr(0, 18), "x.tar.xz: damaged:");
    EXPECT_EQ(read(archive + std::string(3, '\0')).error, "x.tar.xz: damaged: the data is corrupt");
}

TEST_F(ArchiveBytesTest, StopsAtItsLimits) {
    const std::string zeros(80u << 20, '\0');
    for (const std::size_t block : {10u << 20, 100u << 20}) {
        const std::string archive = make_xz(zeros, block);
        EXPECT_EQ(read(archive).error, "x.tar.xz: it expands more than 200-fold");
        EXPECT_EQ(read(archive, {.max_bytes = 1u << 20}).error, "x.tar.xz: it expands to more than 1048576 bytes");
    }
}

TEST_F(ArchiveBytesTest, RefusesDictionariesThatAreTooLarge) {
    const std::string text = some_text(100'000);
    EXPECT_EQ(read(make_xz(text, 50'000, 1u << 27)).error,
              "x.tar.xz: damaged: its dictionary is larger than allowed");
    EXPECT_EQ(read(make_xz(text, 50'000, 1u << 26)).error, ""); // by one thread
}

// What is in the file when it is decompressed must be what was there when it was hashed.
TEST_F(ArchiveBytesTest, AFileThatChangesIsNoticed) {
    // What does not compress is of the same size whatever it is.
    std::mt19937 random(7);
    std::string text(1u << 20, '\0');
    const auto next = [&] {
        for (char& c : text) c = static_cast<char>(random());
        return make_xz(text, text.size());
    };
    const std::string one = next();
    const std::string other = next();
    ASSERT_EQ(one.size(), other.size());
    std::string archive;
    for (int i = 0; i < 80; ++i) archive += one; // more than many processors have begun by then
    const Fd from = file(archive);
    ArchiveBytes bytes(from, "x.tar.xz");
    while (sys::offset_of(from, "x") != archive.size()) std::this_thread::yield(); // all is hashed
    // Those who decompress wait for us, before the end.
    const Fd to = sys::open_file(dir_ / "x.tar.xz", {.access = sys::Access::Write});
    sys::write_at(to, other, archive.size() - other.size(), "x");
    std::string buffer(1u << 20, '\0');
    EXPECT_EQ(test::error_of([&] { while (bytes.read(buffer) != 0) {} }), "x.tar.xz: it changed while it was read");
}

// Whoever stops early must not leave threads that wait for room.
TEST_F(ArchiveBytesTest, MayBeLeftEarly) {
    for (const std::string& archive : {make_xz(std::string(40'000'000, 'x'), 5'000'000), std::string(8'000'000, 'x')}) {
        const Fd from = file(archive);
        ArchiveBytes bytes(from, "x.tar.xz");
        std::string buffer(1000, '\0');
        EXPECT_NE(bytes.read(buffer), 0u);
    }
}

} // namespace
} // namespace lxcpp::image
