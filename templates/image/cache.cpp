// SPDX-License-Identifier: Apache-2.0
#include "image/cache.h"

#include "base/log.h"
#include "image/cache_locks.h"
#include "image/digest.h"
#include "image/tree_check.h"
#include "sys/capability.h"
#include "sys/exchange.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/rooted_dir.h"
#include "sys/subvolume.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/capability.h>
#include <unistd.h>

namespace lxcpp::image {

namespace {

using namespace std::chrono_literals;

constexpr auto kFiles = "files";
constexpr auto kUnnamed = "unnamed"; // downloads of which nobody says the digest
constexpr auto kTrees = "trees";
constexpr auto kSums = "sums";
constexpr auto kScratch = "tmp";
constexpr auto kLocks = "locks";
constexpr auto kUse = kUseLock;
constexpr std::string_view kNew = ".new"; // of ".NAME.new": a tree that is being built
constexpr std::string_view kOld = ".old"; // a tree that has been replaced
constexpr std::string_view kPart = ".part";
constexpr auto kWaitForPrune = 10s;
constexpr auto kResumable = 14 * 24h;
constexpr auto kWaitForCopies = 5min;
constexpr struct stat kNothing {};
// Of ImageStore, of indexes, and of what was seen on servers.
constexpr std::array<std::string_view, 6> kOfOthers{"aliases", "debian-dates", "images",
                                                    "indexes", "locks",        "seen"};
constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxSums = 1u << 30;

void check_tree_name(std::string_view name) {
    const auto plain = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    };
    const bool fine = !name.empty() && name.size() <= kMaxName && plain(name.front()) &&
                      std::all_of(name.begin(), name.end(), [&](char c) {
                          return plain(c) || c == '.' || c == '_' || c == '+' || c == '-';
                      });
    if (!fine)
        throw Error("name of a cached tree: 1 to 128 of [A-Za-z0-9._+-], first a letter or digit");
}

std::string hidden(std::string_view name, std::string_view suffix) {
    return fmt::format(".{}{}", name, suffix);
}

void remove_any(const sys::RootedDir& root, std::string_view path) {
    const auto info = root.stat(path);
    if (info && S_ISDIR(info->st_mode)) root.remove_tree(path);
    else root.remove(path);
}

// At once as far as others see: whoever is killed here leaves no half tree under its name.
void drop_tree(const sys::RootedDir& root, std::string_view name) {
    const auto tree = fmt::format("{}/{}", kTrees, name);
    const auto old = fmt::format("{}/{}", kTrees, hidden(name, kOld));
    remove_any(root, old);
    if (root.exists(tree)) root.rename(tree, old);
    remove_any(root, old);
    root.remove(fmt::format("{}/{}", kSums, name));
}

// What a killed command was about to put into a directory: nothing of ours begins with a dot.
void remove_hidden(const sys::RootedDir& root, const std::string& directory) {
    if (!S_ISDIR(root.stat(directory).value_or(kNothing).st_mode)) return;
    for (const auto& entry : root.list(directory)) {
        const std::string path = fmt::format("{}/{}", directory, entry.name);
        if (entry.name.starts_with('.')) remove_any(root, path);
        else if (directory == kFiles) remove_hidden(root, path);
    }
}

// Sums whose tree went without them.
void remove_lone_sums(const sys::RootedDir& root) {
    for (const auto& entry : root.list(kSums)) {
        if (!root.exists(fmt::format("{}/{}", kTrees, entry.name))) root.remove(fmt::format("{}/{}", kSums, entry.name));
    }
}

CacheEntry make_entry(CacheKind kind, std::string name, const struct stat& info) {
    return {.kind = kind,
            .name = std::move(name),
            .size = static_cast<std::uint64_t>(info.st_blocks) * 512,
            .last_used = info.st_mtim.tv_sec};
}

// A cache entry and where it is, relative to the cache.
struct Place {
    CacheEntry entry;
    std::string path;
};

void add_files_of(const sys::RootedDir& root, const std::string& folder, std::vector<Place>& places) {
    for (const auto& file : root.list(folder)) {
        const std::string path = fmt::format("{}/{}", folder, file.name);
        const auto info = root.stat(path);
        if (!info) continue;
        const auto dot = file.name.find(kPart);
        const bool whole = dot == std::string::npos && folder != kUnnamed;
        places.push_back({make_entry(whole ? CacheKind::File : CacheKind::Partial, file.name.substr(0, dot), *info), path});
    }
}

void add_files(const sys::RootedDir& root, std::vector<Place>& places) {
    for (const auto& shard : root.list(kFiles)) add_files_of(root, fmt::format("{}/{}", kFiles, shard.name), places);
    if (root.exists(kUnnamed)) add_files_of(root, kUnnamed, places);
}

// Downloads that nobody has gone on with: nobody will, and there may be a newer build by now.
void remove_old_downloads(const sys::RootedDir& root) {
    std::vector<Place> files;
    add_files(root, files);
    const std::time_t limit = std::time(nullptr) - std::chrono::seconds(kResumable).count();
    for (const Place& file : files) {
        if (file.entry.kind == CacheKind::Partial && file.entry.last_used < limit) root.remove(file.path);
    }
}

void add_trees(const sys::RootedDir& root, std::vector<Place>& places) {
    for (const auto& tree : root.list(kTrees)) {
        const std::string path = fmt::format("{}/{}", kTrees, tree.name);
        const auto info = root.stat(path);
        if (!info) continue;
        const bool unfinished = tree.name.starts_with('.');
        const auto name = unfinished ? tree.name.substr(1, tree.name.rfind('.') - 1) : tree.name;
        auto entry = make_entry(unfinished ? CacheKind::Partial : CacheKind::Tree, name, *info);
        if (S_ISDIR(info->st_mode)) entry.size += tree_size(root.sub_dir(path));
        places.push_back({std::move(entry), path});
    }
}

std::vector<Place> find_all(const std::filesystem::path& directory) {
    const auto root = sys::RootedDir::open(directory);
    std::vector<Place> places;
    add_files(root, places);
    add_trees(root, places);
    std::stable_sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
        return a.entry.last_used > b.entry.last_used;
    });
    return places;
}

void remove_place(const sys::RootedDir& root, const Place& place) {
    if (place.entry.kind == CacheKind::Tree) return drop_tree(root, place.entry.name);
    remove_any(root, place.path);
}

void touch(const sys::RootedDir& root, std::string_view path) {
    timespec now = {};
    clock_gettime(CLOCK_REALTIME, &now);
    try {
        root.set_times(path, now);
    } catch (const SystemError& error) {
        if (error.code() != EROFS) throw;
    }
}

} // namespace

std::string_view cache_kind_name(CacheKind kind) noexcept {
    static constexpr std::array<std::string_view, 3> kNames = {"file", "tree", "partial"};
    return kNames.at(static_cast<std::size_t>(kind));
}

PendingTree::PendingTree(std::filesystem::path cache, std::string name, sys::FileLock lock, std::shared_ptr<TreeNews> news)
    : cache_(std::move(cache)), trees_(cache_ / kTrees), name_(std::move(name)), path_(trees_ / hidden(name_, kNew)),
      lock_(std::move(lock)), news_(std::move(news)) {
    const auto root = sys::RootedDir::open(trees_);
    for (const auto suffix : {kNew, kOld}) // of a run that was killed
        if (root.exists(hidden(name_, suffix))) root.remove_tree(hidden(name_, suffix));
    sys::make_dir_or_subvolume(root.fd(), hidden(name_, kNew), 0700); // a subvolume is copied at once
    // A user in a namespace with the ids of a root file system is none of these.
    if (::geteuid() != 0 && sys::has_capability(CAP_CHOWN)) root.chown(hidden(name_, kNew), 0, 0);
}

PendingTree::PendingTree(PendingTree&& other) noexcept
    : cache_(std::move(other.cache_)), trees_(std::move(other.trees_)), name_(std::move(other.name_)),
      path_(std::move(other.path_)), lock_(std::exchange(other.lock_, std::nullopt)), news_(std::move(other.news_)) {}

PendingTree::~PendingTree() {
    if (!lock_) return; // published or moved from
    try {
        sys::RootedDir::open(trees_).remove_tree(hidden(name_, kNew));
    } catch (const std::exception& error) {
        log::debug("unfinished tree stays: {}", error.what());
    }
}

void PendingTree::take(PendingTree other) {
    const auto root = sys::RootedDir::open(trees_);
    root.remove_tree(hidden(name_, kNew));
    root.rename(hidden(other.name_, kNew), hidden(name_, kNew));
    other.lock_.reset();
}

std::filesystem::path PendingTree::publish(std::string_view sums) {
    const auto root = sys::RootedDir::open(trees_);
    sys::sync_filesystem(sys::open_file(path_, {.directory = true, .follow = false}),
                         path_.string());
    const Fd use = lock_tree_use(cache_, name_, sys::LockKind::Exclusive, kWaitForCopies);
    if (!use.valid())
        throw StateError(StateProblem::Busy, fmt::format("the cached tree {} is still being copied", name_));
    const bool replaces = root.exists(name_);
    std::shared_ptr<void> guarded;
    if (const auto doubt = news_->doubted.find(name_); replaces && doubt != news_->doubted.end() && doubt->second) guarded = doubt->second();
    // Sums that belong to another tree are noticed, and cost no more than building it again.
    sys::write_file_atomic(cache_ / kSums / name_, sums, 0600);
    const bool exchanged = replaces && sys::exchange_names(root.fd(), hidden(name_, kNew), name_);
    if (exchanged) root.rename(hidden(name_, kNew), hidden(name_, kOld)); // containers may be on it: it was never absent
    else if (replaces) root.rename(name_, hidden(name_, kOld));
    if (!exchanged) root.rename(hidden(name_, kNew), name_, false);
    guarded.reset();
    sys::fsync_dir(trees_);
    news_->doubted.erase(name_);
    news_->built.insert(name_);
    if (replaces) root.remove_tree(hidden(name_, kOld));
    lock_.reset();
    return trees_ / name_;
}

ImageCache ImageCache::open(const std::filesystem::path& directory) {
    for (const auto& path : {directory, directory / kFiles, directory / kTrees, directory / kSums,
                             directory / kScratch, directory / kLocks})
        sys::make_private_dirs(path);
    auto [use, writable] = begin_use(directory, kWaitForPrune);
    if (!use.valid()) throw StateError(StateProblem::Busy, fmt::format("the image cache {} is being pruned", directory.string()));
    return {directory, std::move(use), writable};
}

std::filesystem::path ImageCache::file_path(std::string_view sha256) const {
    const auto digest = check_sha256(sha256, "cached file");
    const auto shard = directory_ / kFiles / digest.substr(0, 2);
    sys::make_dirs(shard, 0700);
    return shard / digest;
}

std::optional<Fd> ImageCache::open_file(std::string_view sha256) const {
    const auto path = file_path(sha256);
    try {
        return open_verified(path, sha256);
    } catch (const DigestError&) {
        sys::remove_file(path);
        return std::nullopt;
    }
}

void ImageCache::forget_file(std::string_view sha256) const {
    const auto digest = check_sha256(sha256, "cached file");
    const auto root = sys::RootedDir::open(directory_);
    const std::string file = fmt::format("{}/{}/{}", kFiles, digest.substr(0, 2), digest);
    const std::string part = fmt::format("{}{}", file, kPart);
    const auto download = root.try_open_at(part, O_RDWR | O_NONBLOCK);
    if (download && !sys::try_lock_file(*download, sys::LockKind::Exclusive, part)) return;
    for (const auto& path : {file, part, part + ".version"}) root.remove(path);
}

std::optional<UsedTree> ImageCache::use_tree(std::string_view name) const {
    check_tree_name(name);
    Fd lock = lock_tree_use(directory_, name, sys::LockKind::Shared, kWaitForCopies);
    const auto root = sys::RootedDir::open(directory_);
    const auto tree = fmt::format("{}/{}", kTrees, name);
    if (!lock.valid() || !has_tree(name)) return std::nullopt;
    touch(root, tree);
    auto sums = root.read_file(fmt::format("{}/{}", kSums, name), kMaxSums);
    return UsedTree(directory_ / kTrees / name, std::move(sums).value_or(""), std::move(lock));
}

bool ImageCache::has_tree(std::string_view name) const {
    check_tree_name(name);
    return !news_->doubted.contains(name) && sys::RootedDir::open(directory_).exists(fmt::format("{}/{}", kTrees, name));
}

void ImageCache::doubt(std::string_view name, TreeGuard guard) const {
    news_->doubted.insert_or_assign(std::string(name), std::move(guard));
    news_->built.erase(std::string(name));
}

bool ImageCache::built(std::string_view name) const { return news_->built.contains(name); }

PendingTree ImageCache::begin_tree(std::string_view name, std::chrono::milliseconds timeout) const {
    check_tree_name(name);
    auto lock = sys::FileLock::acquire(directory_ / kLocks / fmt::format("{}.lock", name), timeout,
                                       true);
    if (!lock)
        throw StateError(StateProblem::Busy,
                         fmt::format("another command is still building the cached tree {}", name));
    return {directory_, std::string(name), *std::move(lock), news_};
}

std::optional<ClaimedTree> ImageCache::claim_tree(std::string_view name) const {
    check_tree_name(name);
    Fd lock = lock_tree_use(directory_, name, sys::LockKind::Exclusive, 0ms);
    if (!lock.valid()) return std::nullopt;
    return ClaimedTree(directory_, std::string(name), std::move(lock));
}

void ClaimedTree::remove() {
    drop_tree(sys::RootedDir::open(cache_), name_); // the lock file stays: others may be waiting with it
}

bool ImageCache::remove_tree(std::string_view name) const {
    auto claimed = claim_tree(name);
    if (claimed) claimed->remove();
    return claimed.has_value();
}

std::filesystem::path ImageCache::scratch() const { return directory_ / kScratch; }

void ImageCache::remove_leftovers() {
    if (!writable_) return;
    const auto name = (directory_ / kUse).string();
    if (!sys::try_lock_file(use_, sys::LockKind::Exclusive, name)) return;
    const auto root = sys::RootedDir::open(directory_);
    root.remove_tree(kScratch, true);
    for (const auto part : {kFiles, kUnnamed, kTrees, kSums}) remove_hidden(root, part);
    for (const auto part : kOfOthers)
        remove_hidden(root, std::string(part)); // what somebody else put here stays
    remove_lone_sums(root);
    remove_old_downloads(root);
    static_cast<void>(sys::try_lock_file(use_, sys::LockKind::Shared, name));
}

std::vector<CacheEntry> ImageCache::list() const {
    std::vector<CacheEntry> entries;
    for (auto& place : find_all(directory_)) entries.push_back(std::move(place.entry));
    return entries;
}

CachePruned ImageCache::prune(const CachePrune& options) {
    if (!writable_) throw Error(fmt::format("{}: nothing can be removed from a read-only file system", directory_.string()));
    const auto name = (directory_ / kUse).string();
    if (!sys::try_lock_file(use_, sys::LockKind::Exclusive, name))
        throw StateError(StateProblem::Busy,
                         fmt::format("{} is in use by {}; prune it when that is done",
                                     directory_.string(), options.users));
    const auto root = sys::RootedDir::open(directory_);
    const auto now = std::time(nullptr);
    CachePruned result;
    for (auto& place : find_all(directory_)) { // most recently used first
        const auto& entry = place.entry;
        const auto idle = std::chrono::seconds(now - entry.last_used);
        const bool too_old = options.older_than && idle >= *options.older_than;
        const bool too_much = options.max_size && result.kept_size + entry.size > *options.max_size;
        const bool kept = options.keep && options.keep(entry);
        if (!kept && (options.all || too_old || too_much || entry.kind == CacheKind::Partial)) {
            remove_place(root, place);
            result.removed.push_back(entry);
        } else {
            result.kept_size += entry.size;
        }
    }
    root.remove_tree(kScratch, true);
    // Who makes a container of a tree holds its lock and not ours.
    for (const auto& lock : root.list(kLocks)) {
        const auto tree = std::string_view(lock.name).substr(0, lock.name.rfind(".use"));
        if (lock.name.ends_with(".use") && !root.exists(fmt::format("{}/{}", kTrees, tree))) root.remove(fmt::format("{}/{}", kLocks, lock.name));
    }
    static_cast<void>(sys::try_lock_file(use_, sys::LockKind::Shared, name));
    return result;
}

} // namespace lxcpp::image
