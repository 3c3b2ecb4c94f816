// SPDX-License-Identifier: Apache-2.0
#include "image/tar_writer.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/core.h>
#include <numeric>
#include <vector>

namespace lxcpp::image {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kRecord = 20 * kBlock; // what tar programs read and write at once
constexpr std::uint64_t kMaxOctalId = 07777777;
constexpr std::uint64_t kMaxOctalSize = 077777777777;

std::size_t padding(std::uint64_t size) { return (kBlock - size % kBlock) % kBlock; }

char type_letter(TarType type) {
    switch (type) {
    case TarType::File: return '0';
    case TarType::HardLink: return '1';
    case TarType::Symlink: return '2';
    case TarType::CharDevice: return '3';
    case TarType::BlockDevice: return '4';
    case TarType::Directory: return '5';
    case TarType::Fifo: return '6';
    }
    return '0';
}

// "LENGTH KEY=VALUE\n", LENGTH counting its own digits too.
std::string pax_record(std::string_view key, std::string_view value) {
    const std::size_t rest = key.size() + value.size() + 3;
    std::size_t length = rest;
    while (std::to_string(length).size() + rest != length) length = std::to_string(length).size() + rest;
    return fmt::format("{} {}={}\n", length, key, value);
}

std::string format_time(const timespec& time) {
    if (time.tv_nsec == 0) return fmt::format("{}", time.tv_sec);
    if (time.tv_sec >= 0) return fmt::format("{}.{:09}", time.tv_sec, time.tv_nsec);
    const auto whole = time.tv_sec + 1; // -1.25 is -2 and 0.75
    return fmt::format("{}{}.{:09}", whole == 0 ? "-" : "", whole, 1'000'000'000 - time.tv_nsec);
}

std::uint64_t stored_size(const TarEntry& entry) {
    if (!entry.sparse) return entry.size;
    return std::accumulate(entry.extents.begin(), entry.extents.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const TarExtent& extent) { return sum + extent.length; });
}

// The map of GNU.sparse 1.0, which stands before the data. GNU tar takes the end of the last extent for the file's: a hole
// at the end is followed by an extent of nothing.
std::string sparse_map(const TarEntry& entry) {
    std::vector<TarExtent> extents = entry.extents;
    if (extents.empty() || extents.back().offset + extents.back().length < entry.size) extents.push_back({entry.size, 0});
    std::string map = fmt::format("{}\n", extents.size());
    for (const TarExtent& extent : extents) map += fmt::format("{}\n{}\n", extent.offset, extent.length);
    map.resize(map.size() + padding(map.size()), '\0');
    return map;
}

std::string pax_records(const TarEntry& entry, std::uint64_t size) {
    std::string records;
    const auto add = [&](std::string_view key, std::string_view value) { records += pax_record(key, value); };
    if (entry.path.size() > 100 && !entry.sparse) add("path", entry.path);
    if (entry.link.size() > 100) add("linkpath", entry.link);
    if (entry.uid > kMaxOctalId) add("uid", std::to_string(entry.uid));
    if (entry.gid > kMaxOctalId) add("gid", std::to_string(entry.gid));
    if (size > kMaxOctalSize) add("size", std::to_string(size));
    if (entry.mtime.tv_nsec != 0 || entry.mtime.tv_sec < 0 ||
        static_cast<std::uint64_t>(entry.mtime.tv_sec) > kMaxOctalSize) {
        add("mtime", format_time(entry.mtime));
    }
    if (entry.sparse) {
        add("GNU.sparse.major", "1");
        add("GNU.sparse.minor", "0");
        add("GNU.sparse.name", entry.path);
        add("GNU.sparse.realsize", std::to_string(entry.size));
    }
    auto xattrs = entry.xattrs;
    std::sort(xattrs.begin(), xattrs.end());
    for (const auto& [name, value] : xattrs) add("SCHILY.xattr." + name, value);
    return records;
}

} // namespace

void TarWriter::put(std::string_view bytes) {
    sink_(bytes);
    written_ += bytes.size();
}

void TarWriter::put_header(const TarEntry& entry, std::string_view name, char type, std::uint64_t size) {
    std::array<char, kBlock> block{};
    const auto text = [&](std::size_t offset, std::string_view value, std::size_t length) {
        std::memcpy(block.data() + offset, value.data(), std::min(value.size(), length));
    };
    // What does not fit stands in the pax header.
    const auto number = [&](std::size_t offset, std::uint64_t value, std::size_t digits) {
        const std::uint64_t most = (std::uint64_t{1} << (3 * digits)) - 1;
        text(offset, fmt::format("{:0{}o}", std::min(value, most), digits), digits);
    };
    text(0, name, 100);
    number(100, entry.mode, 7);
    number(108, entry.uid, 7);
    number(116, entry.gid, 7);
    number(124, size, 11);
    number(136, static_cast<std::uint64_t>(std::max<std::time_t>(entry.mtime.tv_sec, 0)), 11);
    block[156] = type;
    text(157, entry.link, 100);
    text(257, std::string_view("ustar\0" "00", 8), 8);
    number(329, entry.major, 7);
    number(337, entry.minor, 7);
    text(148, "        ", 8);
    const auto sum = std::accumulate(block.begin(), block.end(), 0u,
                                     [](unsigned total, char c) { return total + static_cast<unsigned char>(c); });
    text(148, fmt::format("{:06o}", sum), 6);
    block[154] = '\0';
    put({block.data(), block.size()});
}

void TarWriter::add(const TarEntry& entry) {
    end_member();
    const std::string map = entry.sparse ? sparse_map(entry) : "";
    const std::uint64_t stored = entry.type == TarType::File ? stored_size(entry) : 0;
    const std::uint64_t size = map.size() + stored;
    if (const std::string records = pax_records(entry, size); !records.empty()) {
        TarEntry header;
        header.mode = 0644;
        put_header(header, "PaxHeaders/x", 'x', records.size());
        put(records + std::string(padding(records.size()), '\0'));
    }
    put_header(entry, entry.path, type_letter(entry.type), size);
    put(map);
    left_ = stored;
}

void TarWriter::data(std::string_view bytes) {
    if (bytes.size() > left_) throw Error("tar: more data than the member's size");
    left_ -= bytes.size();
    put(bytes);
}

void TarWriter::end_member() {
    if (left_ != 0) throw Error("tar: less data than the member's size");
    put(std::string(padding(written_), '\0'));
}

void TarWriter::finish() {
    end_member();
    put(std::string(2 * kBlock, '\0'));
    put(std::string((kRecord - written_ % kRecord) % kRecord, '\0'));
}

} // namespace lxcpp::image
