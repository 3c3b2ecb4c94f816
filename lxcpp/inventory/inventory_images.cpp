// SPDX-License-Identifier: Apache-2.0
#include "inventory/database.h"
#include "inventory/inventory.h"
#include "inventory/rows.h"

namespace lxcpp {
namespace {

// joined: "TABLE ON CONDITION" with ?1 and ?2.
std::vector<ContainerKey> keys_where(const Database& database, std::string_view joined, std::string_view value, std::string_view other) {
    Statement query = database.prepare("SELECT DISTINCT c.lxcpath, c.name FROM containers c JOIN " + std::string(joined) +
                                       " ORDER BY c.lxcpath, c.name");
    query.bind(value).bind(other);
    std::vector<ContainerKey> keys;
    while (query.step()) keys.push_back({.lxcpath = query.text(0), .name = query.text(1)});
    return keys;
}

} // namespace

void Inventory::set_image(const ContainerKey& key, const ImageOrigin& image) {
    database_->write(Durability::Disk, [&] {
        const std::int64_t id = rows::require_id(*database_, key);
        rows::replace_image(*database_, id, image);
        database_->prepare("UPDATE containers SET verified = ?2 WHERE id = ?1").bind(id).bind(image.verified).run();
    });
}

std::vector<ContainerKey> Inventory::users_of_tree(std::string_view tree) const {
    return keys_where(*database_, "container_trees t ON t.container = c.id AND t.tree IN (?1, ?2)", tree, kEveryTree);
}

std::vector<ContainerKey> Inventory::users_of_image(std::string_view fingerprint) const {
    return keys_where(*database_, "container_images i ON i.container = c.id AND i.fingerprint IN (?1, ?2)", fingerprint, fingerprint);
}

} // namespace lxcpp
