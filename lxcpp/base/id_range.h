// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lxcpp {

// Consecutive user (and group) ids of the host: first .. first + count - 1.
struct IdRange {
    std::uint32_t first = 0;
    std::uint32_t count = 0;

    // One past the last id; 64 bits, because a range may end at the very last id.
    [[nodiscard]] constexpr std::uint64_t end() const noexcept {
        return std::uint64_t{first} + count;
    }
    [[nodiscard]] constexpr bool overlaps(const IdRange& other) const noexcept {
        return first < other.end() && other.first < end();
    }
    [[nodiscard]] constexpr bool contains(std::uint64_t id) const noexcept {
        return id >= first && id < end();
    }
    bool operator==(const IdRange&) const = default;
};

// Sets of ids. Results are ascending, with neighbours and overlaps joined and nothing empty.
[[nodiscard]] std::vector<IdRange> join_ranges(std::vector<IdRange> ranges);
[[nodiscard]] std::vector<IdRange> intersect_ranges(std::vector<IdRange> a, std::vector<IdRange> b);
[[nodiscard]] std::vector<IdRange> subtract_ranges(std::vector<IdRange> from,
                                                   std::vector<IdRange> taken);

} // namespace lxcpp
