// SPDX-License-Identifier: Apache-2.0
#include "images/users.h"

#include "container/impl.h"
#include "container/inventory_scan.h"
#include "container/record.h"
#include "inventory/inventory.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <optional>

namespace lxcpp::tools::images {
namespace {

// One container is told by its name; the directory says which where it is not the usual one.
std::string label(const ContainerKey& key, const Paths& paths) {
    return key.lxcpath == normal_lxcpath({}, paths).string() ? key.name : key.lxcpath + '/' + key.name;
}

std::optional<Inventory> complete_inventory(const Paths& paths) {
    auto inventory = Inventory::open_read_only(inventory_file(paths));
    if (!inventory || !inventory->complete()) return std::nullopt;
    return inventory;
}

// One that cannot be read may need any image: it is told.
std::vector<ContainerRecord> containers_on_disk(const Paths& paths) {
    std::vector<ContainerRecord> containers;
    Scan scan = scan_containers(normal_lxcpath({}, paths), paths);
    if (!scan.problems.empty()) throw Error("look for the containers that need an image: " + scan.problems.front());
    for (ContainerRecord& container : scan.containers) containers.push_back(std::move(container));
    return containers;
}

std::vector<std::string> found(const std::map<std::string, std::vector<std::string>, std::less<>>& users, std::string_view key) {
    const auto entry = users.find(key);
    return entry == users.end() ? std::vector<std::string>() : entry->second;
}

} // namespace

ImageUsers::ImageUsers(const Paths& paths) {
    const auto take = [&](ContainerRecord container) {
        container.key.name = label(container.key, paths);
        add(container);
    };
    if (const auto inventory = complete_inventory(paths)) {
        for (ListedContainer& row : inventory->list()) take(std::move(row.container));
    } else {
        for (ContainerRecord& container : containers_on_disk(paths)) take(std::move(container));
    }
}

void ImageUsers::add(const ContainerRecord& container) {
    if (!container.image) return;
    images_[container.image->fingerprint].push_back(container.key.name);
    for (const std::string& tree : container.image->trees) trees_[tree].push_back(container.key.name);
}

std::vector<std::string> ImageUsers::of_image(std::string_view fingerprint) const { return found(images_, fingerprint); }
std::vector<std::string> ImageUsers::of_tree(std::string_view tree) const { return found(trees_, tree); }

std::vector<std::string> users_of_tree(const Paths& paths, std::string_view tree) {
    const auto inventory = complete_inventory(paths);
    if (!inventory) return ImageUsers(paths).of_tree(tree);
    std::vector<std::string> names;
    for (const ContainerKey& key : inventory->users_of_tree(tree)) names.push_back(label(key, paths));
    return names;
}

} // namespace lxcpp::tools::images
