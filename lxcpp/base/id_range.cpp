// SPDX-License-Identifier: Apache-2.0
#include "base/id_range.h"

#include <algorithm>
#include <limits>

namespace lxcpp {
namespace {

constexpr std::uint64_t kMaxCount = std::numeric_limits<std::uint32_t>::max();

IdRange between(std::uint64_t first, std::uint64_t end) {
    return {static_cast<std::uint32_t>(first),
            static_cast<std::uint32_t>(std::min(end - first, kMaxCount))};
}

} // namespace

std::vector<IdRange> join_ranges(std::vector<IdRange> ranges) {
    std::erase_if(ranges, [](const IdRange& range) { return range.count == 0; });
    std::sort(ranges.begin(), ranges.end(),
              [](const IdRange& a, const IdRange& b) { return a.first < b.first; });
    std::vector<IdRange> joined;
    for (const IdRange& range : ranges) {
        if (joined.empty() || joined.back().end() < range.first) {
            joined.push_back(range);
        } else {
            joined.back() = between(joined.back().first, std::max(joined.back().end(), range.end()));
        }
    }
    return joined;
}

std::vector<IdRange> intersect_ranges(std::vector<IdRange> a, std::vector<IdRange> b) {
    a = join_ranges(std::move(a));
    b = join_ranges(std::move(b));
    std::vector<IdRange> common;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const std::uint64_t first = std::max(a[i].first, b[j].first);
        const std::uint64_t end = std::min(a[i].end(), b[j].end());
        if (first < end) common.push_back(between(first, end));
        if (a[i].end() < b[j].end()) {
            ++i;
        } else {
            ++j;
        }
    }
    return common;
}

std::vector<IdRange> subtract_ranges(std::vector<IdRange> from, std::vector<IdRange> taken) {
    taken = join_ranges(std::move(taken));
    std::vector<IdRange> rest;
    for (const IdRange& range : join_ranges(std::move(from))) {
        std::uint64_t first = range.first;
        for (const IdRange& hole : taken) {
            if (hole.end() <= first || hole.first >= range.end()) continue;
            if (hole.first > first) rest.push_back(between(first, hole.first));
            first = hole.end();
        }
        if (first < range.end()) rest.push_back(between(first, range.end()));
    }
    return rest;
}

} // namespace lxcpp
