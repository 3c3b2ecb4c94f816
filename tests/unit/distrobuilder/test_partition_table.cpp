// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/partition_table.h"

#include "disk_images.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gmock/gmock.h>
#include <random>

namespace lxcpp::distro {
namespace {

using lxcpp::test::error_of;
using testing::HasSubstr;

void put(std::string& disk, std::size_t at, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) disk[at + i] = static_cast<char>(value >> (8 * i));
}

std::string blank() {
    std::string disk(512 * 100, '\0');
    disk[510] = '\x55';
    disk[511] = '\xaa';
    return disk;
}

void mbr_entry(std::string& disk, unsigned index, std::uint8_t type, std::uint32_t first, std::uint32_t count) {
    const std::size_t at = 446 + 16 * index;
    put(disk, at + 4, type, 1);
    put(disk, at + 8, first, 4);
    put(disk, at + 12, count, 4);
}

// As OpenWrt's images have it: a boot and a root partition, and a small one with the last number.
std::string gpt() {
    std::string disk = blank();
    mbr_entry(disk, 0, 0xee, 1, 99);
    disk.replace(512, 8, "EFI PART");
    put(disk, 512 + 72, 2, 8);
    put(disk, 512 + 80, 128, 4);
    put(disk, 512 + 84, 128, 4);
    const auto entry = [&](unsigned index, std::uint64_t first, std::uint64_t last) {
        const std::size_t at = 1024 + 128 * index;
        disk[at] = 'T';
        put(disk, at + 32, first, 8);
        put(disk, at + 40, last, 8);
    };
    entry(0, 40, 49);
    entry(1, 50, 99);
    entry(127, 34, 39);
    return disk;
}

class Partitions : public testing::Test {
protected:
    std::vector<Partition> read(const std::string& disk) {
        test::write_file(dir_ / "disk", disk);
        return read_partitions(sys::open_file(dir_ / "disk"), "disk.img");
    }
    std::string refusal(const std::string& disk) {
        return error_of([&] { (void)read(disk); });
    }
    lxcpp::test::TempDir dir_;
};

TEST_F(Partitions, OfAnMbr) {
    std::string disk = blank();
    mbr_entry(disk, 0, 0x0c, 2, 10);
    mbr_entry(disk, 2, 0x83, 12, 88);
    const auto found = read(disk);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].number, 1u);
    EXPECT_EQ(found[0].range, (ByteRange{1024, 5120}));
    EXPECT_EQ(found[1].number, 3u);
    EXPECT_EQ(found[1].range, (ByteRange{12 * 512, 88 * 512}));
}

TEST_F(Partitions, OfAGpt) {
    const auto found = read(gpt());
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[1].number, 2u);
    EXPECT_EQ(found[1].range, (ByteRange{50 * 512, 50 * 512}));
    EXPECT_EQ(found[2].number, 128u);
}

TEST_F(Partitions, RefusesWhatCannotBe) {
    EXPECT_THAT(refusal("short"), HasSubstr("disk.img: its partition table: it lies outside of the image"));
    EXPECT_THAT(refusal(std::string(1024, '\0')), HasSubstr("there is none"));
    EXPECT_THAT(refusal(blank()), HasSubstr("there is none"));
    std::string disk = blank();
    mbr_entry(disk, 0, 0x83, 90, 11);
    EXPECT_THAT(refusal(disk), HasSubstr("partition 1 lies outside of the image"));
    mbr_entry(disk, 0, 0x83, 0xffffffff, 0xffffffff);
    EXPECT_THAT(refusal(disk), HasSubstr("partition 1 lies outside of the image"));
    mbr_entry(disk, 0, 0x83, 10, 0);
    EXPECT_THAT(refusal(disk), HasSubstr("partition 1 lies outside of the image"));
    disk = gpt();
    disk.replace(512, 8, "NOT PART");
    EXPECT_THAT(refusal(disk), HasSubstr("is missing"));
    disk = gpt();
    put(disk, 512 + 80, 0xffffffff, 4);
    EXPECT_THAT(refusal(disk), HasSubstr("unusual size"));
    disk = gpt();
    put(disk, 512 + 72, UINT64_MAX / 256, 8);
    EXPECT_THAT(refusal(disk), HasSubstr("outside of the image"));
    disk = gpt();
    put(disk, 1024 + 40, UINT64_MAX, 8);
    EXPECT_THAT(refusal(disk), HasSubstr("partition 1 lies outside of the image"));
}

TEST_F(Partitions, WhateverStandsThere) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        std::string disk = gpt();
        for (unsigned i = 0; i < 8; ++i) disk[random() % 2 == 0 ? 440 + random() % 200 : random() % disk.size()] = static_cast<char>(random());
        (void)error_of([&] {
            for (const Partition& one : read(disk)) EXPECT_LE(one.range.offset + one.range.size, disk.size());
        });
    }
}

} // namespace
} // namespace lxcpp::distro
