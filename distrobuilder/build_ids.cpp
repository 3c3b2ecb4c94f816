// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/build_ids.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <ranges>

namespace lxcpp::distro {

IdRange choose_build_ids(const RangePool& pool, const std::vector<IdRange>& taken) {
    for (const IdRange& part : std::views::reverse(pool.ranges)) {
        const std::vector<IdRange> free = subtract_ranges({part}, taken);
        for (const IdRange& range : std::views::reverse(free)) {
            if (range.count < kIdsPerContainer) continue;
            return {static_cast<std::uint32_t>(range.end() - kIdsPerContainer), kIdsPerContainer};
        }
    }
    throw Error(fmt::format("no {} ids are left for a build ({})", kIdsPerContainer, pool.source));
}

} // namespace lxcpp::distro
