// SPDX-License-Identifier: Apache-2.0
#include "image/image_check.h"

#include "base/strings.h"
#include "image/tree_check.h"
#include "image/tree_sums.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cerrno>
#include <fmt/core.h>
#include <set>
#include <span>

namespace lxcpp::image {
namespace {

constexpr std::size_t kMostPaths = 10;

// A removed or added member changes its directory too, so that both are named.
std::string changes(const std::vector<std::string>& paths) {
    if (paths.empty()) return "";
    const std::size_t shown = std::min(paths.size(), kMostPaths);
    std::string text = join(std::span(paths).first(shown), ", ");
    if (shown < paths.size()) text += fmt::format(" and {} more", paths.size() - shown);
    return text + (paths.size() == 1 ? " is not what it was" : " are not what they were");
}

std::string compare(const UsedTree& tree, ProgressSink& progress) {
    if (tree.sums().empty()) return "its sums are gone: what it held cannot be compared";
    const auto phase = fmt::format("Reading tree {}", short_fingerprint(tree.path().filename().string()));
    const std::string found = sum_tree(sys::RootedDir::open(tree.path()), phase, progress);
    return changes(differences(tree.sums(), found));
}

} // namespace

std::string ImageCheck::tree_problem(const std::string& tree) {
    const auto known = seen_.find(tree);
    if (known != seen_.end()) return known->second;
    std::string problem;
    try {
        const auto used = trees_.use_tree(tree);
        problem = used ? compare(*used, progress_) : "it is not there";
    } catch (const Error& error) {
        problem = error.what();
    }
    return seen_[tree] = problem.empty() ? "" : fmt::format("tree {}: {}", short_fingerprint(tree), problem);
}

// Others work with the store meanwhile: what they took away is no problem of it.
std::vector<std::string> ImageCheck::problems(const std::string& fingerprint) {
    auto found = look_at(fingerprint);
    if (!found.empty() && !is_there(fingerprint)) found.clear();
    return found;
}

bool ImageCheck::is_there(const std::string& fingerprint) const {
    const auto all = store_.fingerprints();
    return std::ranges::find(all, fingerprint) != all.end();
}

std::vector<std::string> ImageCheck::look_at(const std::string& fingerprint) {
    std::vector<std::string> found;
    try {
        const auto record = store_.find(fingerprint);
        if (!record) return {"its record is not there"};
        (void)store_.content(fingerprint);
        for (const std::string& tree : record->trees) {
            std::string problem = tree_problem(tree);
            if (!problem.empty()) found.push_back(std::move(problem));
        }
    } catch (const Error& error) {
        found.emplace_back(error.what());
    }
    return found;
}

std::vector<std::string> ImageCheck::store_problems() const {
    std::vector<std::string> found;
    for (const std::string& alias : store_.damaged_aliases()) found.push_back(fmt::format("alias {} is damaged: it means no image", printable(alias)));
    for (const auto& [alias, fingerprint] : store_.aliases()) {
        if (is_there(fingerprint)) continue;
        const auto now = store_.aliases(); // an image's aliases go before it does
        const auto still = now.find(alias);
        if (still != now.end() && still->second == fingerprint) found.push_back(fmt::format("alias {} means the image {}, which is not there", alias, short_fingerprint(fingerprint)));
    }
    return found;
}

// None while they are being taken away.
std::vector<CacheEntry> ImageCheck::entries() const {
    try {
        return trees_.list();
    } catch (const SystemError& error) {
        if (error.code() != ENOENT) throw;
        return {};
    }
}

std::vector<std::string> ImageCheck::leftovers() const {
    std::set<std::string> named;
    for (const std::string& fingerprint : store_.fingerprints()) {
        try {
            const auto record = store_.find(fingerprint);
            if (record) named.insert(record->trees.begin(), record->trees.end());
        } catch (const Error&) {
            return {}; // it may name any tree; problems() tells of it
        }
    }
    std::vector<std::string> found;
    for (const CacheEntry& entry : entries()) {
        if (entry.kind == CacheKind::Tree && named.contains(entry.name)) continue;
        const std::string_view kind = entry.kind == CacheKind::Tree ? "tree without an image" : entry.kind == CacheKind::File ? "download" : "interrupted work";
        found.push_back(fmt::format("{} {} ({})", kind, short_fingerprint(entry.name), format_amount(entry.size, ProgressUnit::Bytes)));
    }
    return found;
}

} // namespace lxcpp::image
