// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/partition_table.h"

#include "sys/file.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <string_view>

namespace lxcpp::distro {
namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::size_t kMbrEntries = 446; // where the four of them stand
constexpr std::size_t kMbrEntry = 16;
constexpr unsigned char kProtective = 0xee; // "all of it is a GPT"
constexpr std::uint32_t kMaxEntries = 256;
constexpr std::uint32_t kSmallestEntry = 128;
constexpr std::uint32_t kLargestEntry = 1024;

constexpr std::uint64_t kLargestDisk = std::uint64_t{1} << 40;

class DiskImage {
public:
    // size: of the whole disk
    DiskImage(FdRef file, const std::string& what, std::uint64_t size) : file_(file), what_(what), size_(size) {}

    [[noreturn]] void fail(std::string_view problem) const { throw Error(fmt::format("{}: its partition table: {}", what_, problem)); }

    std::string bytes(std::uint64_t offset, std::size_t count) const {
        if (offset > size_ || count > size_ - offset) fail("it lies outside of the image");
        std::string text(count, '\0');
        if (sys::read_at(file_, text, offset, what_) != count) fail("it ends too early");
        return text;
    }

    // Of whole sectors; last is not part of it.
    Partition partition(unsigned number, std::uint64_t first, std::uint64_t last) const {
        if (first == 0 || last <= first || last > size_ / kSector) fail(fmt::format("partition {} lies outside of the image", number));
        return {number, {first * kSector, (last - first) * kSector}};
    }

private:
    FdRef file_;
    const std::string& what_;
    std::uint64_t size_;
};

std::uint64_t little(std::string_view bytes) {
    std::uint64_t value = 0;
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) value = value << 8 | static_cast<unsigned char>(*byte);
    return value;
}

std::vector<Partition> read_gpt(const DiskImage& image) {
    const std::string header = image.bytes(kSector, 92);
    if (!header.starts_with("EFI PART")) image.fail("the GPT that the MBR tells of is missing");
    const std::string_view view = header;
    const std::uint64_t at = little(view.substr(72, 8));
    const auto count = static_cast<std::uint32_t>(little(view.substr(80, 4)));
    const auto size = static_cast<std::uint32_t>(little(view.substr(84, 4)));
    if (count > kMaxEntries || size < kSmallestEntry || size > kLargestEntry) image.fail("a GPT of unusual size");
    if (at < 2 || at > UINT64_MAX / kSector) image.fail("it lies outside of the image");
    const std::string entries = image.bytes(at * kSector, std::size_t{count} * size);
    std::vector<Partition> partitions;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string_view entry = std::string_view(entries).substr(std::size_t{i} * size, size);
        if (entry.substr(0, 16).find_first_not_of('\0') == entry.npos) continue; // no type: unused
        const std::uint64_t last = little(entry.substr(40, 8));
        partitions.push_back(image.partition(i + 1, little(entry.substr(32, 8)), last == UINT64_MAX ? 0 : last + 1));
    }
    return partitions;
}

std::vector<Partition> read_table(const DiskImage& image) {
    const std::string mbr = image.bytes(0, kSector);
    if (!mbr.ends_with("\x55\xaa")) image.fail("there is none");
    std::vector<Partition> partitions;
    for (unsigned i = 0; i < 4; ++i) {
        const std::string_view entry = std::string_view(mbr).substr(kMbrEntries + i * kMbrEntry, kMbrEntry);
        const auto type = static_cast<unsigned char>(entry[4]);
        if (type == kProtective) return read_gpt(image);
        if (type == 0) continue;
        const std::uint64_t first = little(entry.substr(8, 4));
        partitions.push_back(image.partition(i + 1, first, first + little(entry.substr(12, 4))));
    }
    if (partitions.empty()) image.fail("there is none");
    return partitions;
}

} // namespace

std::vector<Partition> read_partitions(FdRef file, const std::string& what) {
    return read_table({file, what, static_cast<std::uint64_t>(sys::stat_fd(file).st_size)});
}

ByteRange find_partition(FdRef file, const std::string& what, unsigned number) {
    const DiskImage image(file, what, kLargestDisk);
    const auto partitions = read_table(image);
    const auto found = std::ranges::find(partitions, number, &Partition::number);
    if (found == partitions.end()) image.fail(fmt::format("there is no partition {}", number));
    return found->range;
}

} // namespace lxcpp::distro
