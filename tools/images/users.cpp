// SPDX-License-Identifier: Apache-2.0
#include "images/users.h"

#include "base/strings.h"
#include "container/impl.h"
#include "container/inventory_scan.h"
#include "container/record.h"
#include "inventory/inventory.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
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
        return;
    }
    Scan scan = scan_containers(normal_lxcpath({}, paths), paths);
    for (ContainerRecord& container : scan.containers) take(std::move(container));
    problems_ = std::move(scan.problems);
}

void ImageUsers::require_decided() const {
    if (undecided_.empty()) return;
    throw Error(fmt::format("which image {} needs cannot be read, so that none is taken away: mend its configuration, or destroy it", join(undecided_, ", ")));
}

void ImageUsers::add(const ContainerRecord& container) {
    if (!container.image) return;
    if (std::ranges::find(container.image->trees, kEveryTree) != container.image->trees.end()) undecided_.push_back(container.key.name);
    if (!container.image->fingerprint.empty()) images_[container.image->fingerprint].push_back(container.key.name);
    for (const std::string& tree : container.image->trees) trees_[tree].push_back(container.key.name);
}

std::vector<std::string> ImageUsers::of_image(std::string_view fingerprint) const { return found(images_, fingerprint); }
std::vector<std::string> ImageUsers::of_tree(std::string_view tree) const { return found(trees_, tree); }

std::vector<std::string> users_of_tree(const Paths& paths, std::string_view tree) {
    const auto inventory = complete_inventory(paths);
    if (!inventory) {
        const ImageUsers users(paths);
        users.require_decided();
        return users.of_tree(tree);
    }
    std::vector<std::string> names;
    for (const ContainerKey& key : inventory->users_of_tree(tree)) names.push_back(label(key, paths));
    return names;
}

} // namespace lxcpp::tools::images
