// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inventory/database.h"
#include "inventory/records.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Rows to values and back; what the files of Inventory share.
namespace lxcpp::rows {

[[nodiscard]] std::string normal_lxcpath(std::string_view lxcpath);
[[nodiscard]] ContainerKey normal_key(const ContainerKey& key);
[[nodiscard]] std::string label(const ContainerKey& key); // "c1 in /var/lib/lxcpp"
[[nodiscard]] std::int64_t now_seconds();
[[nodiscard]] std::int64_t now_milliseconds();

// Row id of the container; nullopt when it is not there.
[[nodiscard]] std::optional<std::int64_t> find_id(const Database& database,
                                                  const ContainerKey& key);
// Throws StateError{NotFound}.
[[nodiscard]] std::int64_t require_id(const Database& database, const ContainerKey& key);
// Adds a container that came to us without create: copied by hand, or of an older inventory.
[[nodiscard]] std::int64_t find_or_add(const Database& database, const ContainerKey& key);
std::int64_t insert_container(const Database& database, const ContainerRecord& record);
void insert_ranges(const Database& database, std::int64_t container,
                   const std::vector<IdRange>& ranges);
void replace_ranges(const Database& database, std::int64_t container,
                    const std::vector<IdRange>& ranges);
void insert_image(const Database& database, std::int64_t container, const ImageOrigin& image);
void replace_image(const Database& database, std::int64_t container,
                   const std::optional<ImageOrigin>& image);
void insert_event(const Database& database, const Event& event);
[[nodiscard]] std::vector<IdRange> all_ranges(const Database& database);

// Containers with runs and ranges that match "WHERE condition" over ?1 and ?2, by lxcpath and name.
[[nodiscard]] std::vector<ListedContainer>
select_containers(const Database& database, std::string_view condition,
                  const std::vector<std::string>& values);

// The first range of count ids in the pools that overlaps none of taken; nullopt when all are used
// up.
[[nodiscard]] std::optional<IdRange> find_free_range(const RangeWish& wish,
                                                     std::vector<IdRange> taken);
// The same over the inventory. Throws Error that says what to do.
[[nodiscard]] IdRange take_free_range(const Database& database, const RangeWish& wish);

} // namespace lxcpp::rows
