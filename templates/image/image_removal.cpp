// SPDX-License-Identifier: Apache-2.0
#include "image/image_removal.h"

#include "base/strings.h"
#include "image/tree_check.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <optional>
#include <set>

namespace lxcpp::image {
namespace {

std::string label(const ImageRecord& record) { return "image " + short_fingerprint(record.fingerprint); }

// The trees of all images but one. A record that cannot be read could name any tree: it is told, not passed over.
std::set<std::string> named_trees(const ImageStore& store, std::string_view except) {
    std::set<std::string> named;
    for (const StoredImage& image : store.list()) {
        if (image.record.fingerprint != except) named.insert(image.record.trees.begin(), image.record.trees.end());
    }
    return named;
}

using Claims = std::map<std::string, ClaimedTree>;

Claims claim_trees(const ImageCache& trees, const ImageRecord& record, const std::set<std::string>& shared) {
    Claims claims;
    for (const std::string& tree : record.trees) {
        if (shared.contains(tree)) continue;
        auto claimed = trees.claim_tree(tree);
        if (!claimed) throw StateError(StateProblem::Busy, label(record) + " is in use by another command; try again when that is done");
        claims.emplace(tree, *std::move(claimed));
    }
    return claims;
}

void require_unneeded(const ImageRecord& record, const Claims& claims, const TreeUsers& users) {
    std::set<std::string> names;
    for (const auto& [tree, claim] : claims) {
        for (std::string& name : users(tree)) names.insert(std::move(name));
    }
    if (names.empty()) return;
    const std::vector<std::string> sorted(names.begin(), names.end());
    throw StateError(StateProblem::Busy, fmt::format("{} is needed by {}", label(record), join(sorted, ", ")));
}

std::uint64_t size_of(const ImageStore& store, const std::string& tree) {
    const auto path = store.tree_path(tree);
    return sys::exists(path) ? tree_size(sys::RootedDir::open(path)) : 0;
}

} // namespace

std::uint64_t remove_image(const ImageStore& store, const ImageCache& trees, const ImageRecord& record, const TreeUsers& users) {
    Claims claims = claim_trees(trees, record, named_trees(store, record.fingerprint));
    // Once more: an image that came meanwhile may have one of them, and who brought it held it until its record was there.
    const std::set<std::string> shared = named_trees(store, record.fingerprint);
    std::erase_if(claims, [&](const auto& claim) { return shared.contains(claim.first); });
    require_unneeded(record, claims, users);
    store.remove(record.fingerprint); // first: there is never a record whose tree is gone
    std::uint64_t size = 0;
    for (auto& [tree, claim] : claims) {
        size += size_of(store, tree);
        claim.remove();
    }
    return size;
}

CachePruned remove_unnamed(const ImageStore& store, ImageCache& trees, const TreeUsers& users) {
    CachePruned pruned = trees.prune({.all = true, .older_than = {}, .max_size = {}, .keep = [&, named = std::optional<std::set<std::string>>()](const CacheEntry& entry) mutable {
        if (entry.kind != CacheKind::Tree) return false;
        if (!named) named = named_trees(store, {}); // now that nobody else is here
        return named->contains(entry.name) || !users(entry.name).empty();
    }});
    trees.remove_leftovers(); // what no entry stands for
    return pruned;
}

} // namespace lxcpp::image
