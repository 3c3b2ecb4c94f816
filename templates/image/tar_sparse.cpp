// SPDX-License-Identifier: Apache-2.0
#include "image/tar_sparse.h"

#include "base/strings.h"
#include "image/tar_number.h"

#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::size_t kMaxExtents = 100'000;

} // namespace

std::string_view TarSparse::apply(std::string_view key, std::string_view value) {
    any = true;
    const auto number = parse_u64(value);
    if (key == "name") {
        name = value;
        return {};
    }
    if (key == "map") { // 0.1: all numbers in one record
        for (const auto field : split(value, ',')) {
            const auto part = parse_u64(field);
            if (!part) return "a sparse map that is no list of numbers";
            if (auto problem = apply(half_ ? "numbytes" : "offset", field); !problem.empty()) return problem;
        }
        return half_ ? "a sparse map with half an entry" : "";
    }
    if (!number) return "a sparse file with a bad number";
    if (key == "size" || key == "realsize") {
        if (size && *size != *number) return "a sparse file of two sizes";
        size = number;
    } else if (key == "major") {
        major = *number;
    } else if (key == "minor") {
        minor = *number;
    } else if (key == "offset") {
        if (std::exchange(half_, true)) return "a sparse map with half an entry";
        if (extents.size() >= kMaxExtents) return "a sparse map that is too long";
        extents.push_back({*number, 0});
    } else if (key == "numbytes") {
        if (!std::exchange(half_, false)) return "a sparse map with half an entry";
        extents.back().length = *number;
    } else if (key != "numblocks") {
        return "a kind of sparse file that is not known";
    }
    return {};
}

bool read_gnu_map(std::span<const char> block, std::size_t offset, std::size_t count,
                  std::vector<TarExtent>& extents) {
    constexpr std::size_t kNumber = 12;
    for (; count != 0; --count, offset += 2 * kNumber) {
        if (block[offset] == '\0') return true;
        const auto start = parse_tar_number({block.data() + offset, kNumber});
        const auto length = parse_tar_number({block.data() + offset + kNumber, kNumber});
        if (!start || !length || *start < 0 || *length < 0 || extents.size() >= kMaxExtents) return false;
        extents.push_back({static_cast<std::uint64_t>(*start), static_cast<std::uint64_t>(*length)});
    }
    return true;
}

bool TarDataMap::add(std::span<const char> block) {
    for (const char c : block) {
        if (complete()) return true; // the rest of the block is padding
        if (c == '\n') {
            if (!add_number()) return false;
        } else if (digits_.size() > 20) {
            return false;
        } else {
            digits_ += c;
        }
    }
    return true;
}

bool TarDataMap::add_number() {
    const auto number = parse_u64(std::exchange(digits_, {}));
    if (!number) return false;
    if (!count_) {
        count_ = number;
        return *number <= kMaxExtents;
    }
    if (half_) {
        extents_.back().length = *number;
    } else {
        extents_.push_back({*number, 0});
    }
    half_ = !half_;
    return true;
}

std::string_view check_extents(std::span<const TarExtent> extents, std::uint64_t size,
                               std::uint64_t stored) noexcept {
    std::uint64_t end = 0;
    std::uint64_t sum = 0;
    for (const TarExtent& extent : extents) {
        if (extent.offset < end) return "a sparse map that goes back";
        if (extent.offset > size || extent.length > size - extent.offset) return "a sparse map beyond the file's end";
        end = extent.offset + extent.length;
        sum += extent.length;
    }
    return sum == stored ? "" : "a sparse map that does not fit its data";
}

} // namespace lxcpp::image
