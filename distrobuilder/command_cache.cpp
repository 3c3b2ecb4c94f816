// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/command.h"

#include "base/strings.h"
#include "common/harmless.h"
#include "common/rows.h"
#include "common/say.h"
#include "distrobuilder/build_cache.h"
#include "distrobuilder/build_namespace.h"
#include "distrobuilder/step_cache.h"
#include "distrobuilder/worker.h"
#include "image/cache.h"
#include "image/progress.h"
#include "image/tree_check.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <sys/stat.h>

// What builds leave to later ones.
namespace lxcpp::distro {
namespace {

std::string size_text(std::uint64_t bytes) { return image::format_amount(bytes, image::ProgressUnit::Bytes); }

std::string title_of(const image::ImageCache& cache, const image::CacheEntry& entry) {
    if (entry.kind == image::CacheKind::Partial) return "unfinished";
    const auto tree = cache.use_tree(entry.name);
    const auto record = tree ? parse_layer_record(tree->sums()) : std::nullopt;
    return record ? record->title : "a tree";
}

// What --cleanup=false kept: no build uses it, and it stays until prune.
std::uint64_t add_failed(const std::filesystem::path& directory, std::vector<std::vector<std::string>>& lines) {
    const sys::RootedDir cache = sys::RootedDir::open(directory);
    const auto there = cache.stat(kFailedTrees);
    if (!there || !S_ISDIR(there->st_mode)) return 0;
    std::uint64_t sum = 0;
    for (const sys::DirEntry& entry : cache.list(kFailedTrees)) {
        const std::string name = std::string(kFailedTrees) + '/' + entry.name;
        const auto info = cache.stat(name);
        if (!info || !S_ISDIR(info->st_mode)) continue;
        const std::uint64_t size = image::tree_size(cache.sub_dir(name));
        sum += size;
        lines.push_back({fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(info->st_mtime)), size_text(size), tools::harmless(entry.name),
                         "failed, kept by --cleanup=false: enter " + tools::harmless((directory / name).string())});
    }
    return sum;
}

int list(const std::filesystem::path& directory) {
    const image::ImageCache cache = open_build_cache(directory);
    std::vector<std::vector<std::string>> lines{{"LAST USE", "SIZE", "NAME", "WHAT"}};
    std::uint64_t sum = 0;
    std::uint64_t downloads = 0;
    std::size_t files = 0;
    for (const image::CacheEntry& entry : cache.list()) {
        sum += entry.size;
        if (entry.kind == image::CacheKind::File) {
            downloads += entry.size;
            ++files;
            continue;
        }
        lines.push_back({fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(entry.last_used)), size_text(entry.size),
                         entry.name.substr(0, 17), tools::harmless(title_of(cache, entry))});
    }
    sum += add_failed(directory, lines);
    fmt::print("{}", tools::print_table(lines));
    fmt::print("{} downloads: {}; all of {}: {}\n", files, size_text(downloads), directory.string(), size_text(sum));
    return 0;
}

// The trees of --cleanup=false: out of the way first, for the next build that fails.
void remove_failed(const std::filesystem::path& directory) {
    const sys::RootedDir root = sys::RootedDir::open(directory);
    constexpr auto kGoing = ".failed";
    if (root.exists(kGoing)) root.remove_tree(kGoing);
    if (!root.exists(kFailedTrees)) return;
    root.rename(kFailedTrees, kGoing);
    root.remove_tree(kGoing);
}

int prune(const std::filesystem::path& directory, const CommandOptions& options) {
    image::ImageCache cache = open_build_cache(directory);
    cache.remove_leftovers();
    image::CachePrune wish{.all = options.all,
                           .older_than = {},
                           .max_size = {},
                           .keep = {},
                           .users = "a running build"};
    // A week's builds are used again; what nobody asked for since is not.
    if (!options.all) wish.older_than = std::chrono::hours(24) * options.older_than.value_or(7);
    const image::CachePruned pruned = cache.prune(wish); // nothing goes while a build runs
    remove_failed(directory);
    std::uint64_t freed = 0;
    for (const image::CacheEntry& entry : pruned.removed) freed += entry.size;
    if (!options.quiet) fmt::print("{} removed, {} freed, {} kept\n", pruned.removed.size(), size_text(freed), size_text(pruned.kept_size));
    return 0;
}

} // namespace

int run_cache(const CommandOptions& options, std::span<const std::string> words) {
    require_words(words, 1, 1, "cache list|prune");
    if (words[0] != "list" && words[0] != "prune") throw Error(fmt::format("cache {}: list and prune there are", printable(words[0])));
    const std::filesystem::path directory = cache_directory(options);
    if (!sys::exists(directory)) {
        if (!options.quiet) tools::say("{}: {}: nothing was built yet\n", kProgram, directory.string());
        return 0;
    }
    const auto work = [&](const BuildIdentity&) {
        return words[0] == "list" ? list(directory) : prune(directory, options);
    };
    const auto clean_up = [&] { open_build_cache(directory).remove_leftovers(); };
    return run_in_build_namespace({.cache = directory, .target = {}, .read = {}}, {},
                                  {work, clean_up});
}

} // namespace lxcpp::distro
