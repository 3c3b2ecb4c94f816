// SPDX-License-Identifier: Apache-2.0
#include "inventory/database.h"
#include "inventory/inventory.h"
#include "inventory/rows.h"

namespace lxcpp {

IdRange Inventory::allocate_range(const ContainerKey& key, const RangeWish& wish) {
    return database_->write(Durability::Disk, [&] {
        const std::int64_t id = rows::require_id(*database_, key);
        const IdRange range = rows::take_free_range(*database_, wish);
        rows::insert_ranges(*database_, id, {range});
        return range;
    });
}

void Inventory::note_ranges(const ContainerKey& key, std::span<const IdRange> ranges) {
    const std::vector<IdRange> wanted = join_ranges({ranges.begin(), ranges.end()});
    // Called by every start: without a change nothing is written.
    const auto known = find(key);
    if (known && known->ranges == wanted) return;
    database_->write(Durability::Disk, [&] {
        rows::replace_ranges(*database_, rows::find_or_add(*database_, key), wanted);
    });
}

std::vector<IdRange> Inventory::all_ranges() const {
    return rows::all_ranges(*database_);
}

std::vector<RangeConflict> Inventory::conflicts() const {
    Statement query = database_->prepare(
        "SELECT a.lxcpath, a.name, b.lxcpath, b.name, y.first, y.count "
        "FROM id_ranges x JOIN id_ranges y ON x.container <> y.container "
        "AND x.first < y.first + y.count AND y.first < x.first + x.count "
        "AND (x.first < y.first OR (x.first = y.first AND x.container < y.container)) "
        "JOIN containers a ON a.id = x.container JOIN containers b ON b.id = y.container "
        "ORDER BY a.lxcpath, a.name, b.lxcpath, b.name, y.first");
    std::vector<RangeConflict> found;
    while (query.step()) {
        found.push_back({.first = {query.text(0), query.text(1)},
                         .second = {query.text(2), query.text(3)},
                         .range = {static_cast<std::uint32_t>(query.integer(4)),
                                   static_cast<std::uint32_t>(query.integer(5))}});
    }
    return found;
}

} // namespace lxcpp
