// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/lock.h"

#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

enum class CacheKind { File, Tree, Partial }; // Partial: an interrupted download or build
[[nodiscard]] std::string_view cache_kind_name(CacheKind kind) noexcept;

struct CacheEntry {
    CacheKind kind = CacheKind::File;
    std::string name;        // sha256 of a file, name of a tree
    std::uint64_t size = 0;  // bytes on disk
    std::time_t last_used = 0;
};

struct CachePrune {
    bool all = false;
    std::optional<std::chrono::hours> older_than; // not used for so long
    std::optional<std::uint64_t> max_size;        // least recently used go until it fits
    std::function<bool(const CacheEntry&)> keep;  // whatever the others say
    std::string_view users = "a running create"; // who may keep all of it from going; for the error
};

struct CachePruned {
    std::vector<CacheEntry> removed;
    std::uint64_t kept_size = 0; // of what remains
};

// Called before a tree is replaced; what it returns lives until the other one is in its place. It may throw to keep the old one.
using TreeGuard = std::function<std::shared_ptr<void>()>;

// What one ImageCache found out of trees.
struct TreeNews {
    std::map<std::string, TreeGuard, std::less<>> doubted;
    std::set<std::string, std::less<>> built;
};

// A tree being built in a hidden directory; it appears under its name as a whole or not at all. Holds
// the lock of the name.
class PendingTree {
public:
    PendingTree(PendingTree&& other) noexcept;
    PendingTree& operator=(PendingTree&&) = delete;
    ~PendingTree(); // not published: removed

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    // Holds what was built under another name, of a tree that is named after what it turned out to hold.
    void take(PendingTree other);
    // Syncs the file system and renames into place, replacing an older tree of that name once nobody
    // uses that any more (StateError Busy after a while). sums: of its content (tree_sums.h). Returns
    // the final path.
    std::filesystem::path publish(std::string_view sums = {});

private:
    friend class ImageCache;
    PendingTree(std::filesystem::path cache, std::string name, sys::FileLock lock, std::shared_ptr<TreeNews> news);
    std::filesystem::path cache_;
    std::filesystem::path trees_;
    std::string name_;
    std::filesystem::path path_;
    std::optional<sys::FileLock> lock_;
    std::shared_ptr<TreeNews> news_;
};

// A finished tree, which stays as it is while this object lives.
class UsedTree {
public:
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    // What publish() was given; "" when it is gone.
    [[nodiscard]] const std::string& sums() const noexcept { return sums_; }

private:
    friend class ImageCache;
    UsedTree(std::filesystem::path path, std::string sums, Fd lock)
        : path_(std::move(path)), sums_(std::move(sums)), lock_(std::move(lock)) {}
    std::filesystem::path path_;
    std::string sums_;
    Fd lock_; // shared
};

// A finished tree that nobody uses, nor can begin to use while this object lives.
class ClaimedTree {
public:
    void remove(); // no error when absent

private:
    friend class ImageCache;
    ClaimedTree(std::filesystem::path cache, std::string name, Fd lock)
        : cache_(std::move(cache)), name_(std::move(name)), lock_(std::move(lock)) {}
    std::filesystem::path cache_;
    std::string name_;
    Fd lock_; // exclusive
};

// What templates keep between creates, in one directory that only we can enter: downloaded files by
// digest (<cache>/files/ab/<sha256>) and finished base trees by name (<cache>/trees/<name>, what they
// must hold in <cache>/sums/<name>). Keep it open for as long as you work with what it returned.
class ImageCache {
public:
    // Makes the directories (0700); refuses ones that another user owns or may write. Waits a
    // little for a prune to end; StateError Busy after that. On a read-only file system it can be read.
    [[nodiscard]] static ImageCache open(const std::filesystem::path& directory);

    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
    // Where the file of that digest belongs (its directory exists afterwards): a Fetch destination.
    [[nodiscard]] std::filesystem::path file_path(std::string_view sha256) const;
    // The file, re-hashed through the returned descriptor; one with wrong content is deleted.
    [[nodiscard]] std::optional<Fd> open_file(std::string_view sha256) const;
    // A download that nobody needs any more, complete or not; stays while somebody is at it. No error when absent.
    void forget_file(std::string_view sha256) const;

    // Names are 1..128 bytes of [A-Za-z0-9._+-], first a letter or digit.
    [[nodiscard]] std::optional<UsedTree> use_tree(std::string_view name) const;
    [[nodiscard]] bool has_tree(std::string_view name) const;
    // What it holds is not what it was: for this object it is as if it were not there, until begin_tree() and publish()
    // replace it.
    void doubt(std::string_view name, TreeGuard guard = {}) const;
    // Whether it was published by way of this object, and needs no second look.
    [[nodiscard]] bool built(std::string_view name) const;
    // Waits up to timeout for others who build it; StateError Busy after that. Look with use_tree
    // again after taking it: somebody may have finished it meanwhile.
    [[nodiscard]] PendingTree begin_tree(std::string_view name, std::chrono::milliseconds timeout) const;
    // nullopt while somebody uses it. One that is absent can be claimed too.
    [[nodiscard]] std::optional<ClaimedTree> claim_tree(std::string_view name) const;
    // False when somebody uses it; no error when absent.
    bool remove_tree(std::string_view name) const;

    // For temporary directories (sys::TempDir), on the same file system.
    [[nodiscard]] std::filesystem::path scratch() const;
    // Removes temporary directories, unfinished trees and records of runs that were killed, unless
    // another ImageCache is open on the directory. Interrupted downloads stay for two weeks: they can be resumed.
    void remove_leftovers();

    [[nodiscard]] std::vector<CacheEntry> list() const; // most recently used first
    // StateError Busy while another ImageCache is open on the directory. Interrupted downloads and
    // builds always go. Default options: only those.
    CachePruned prune(const CachePrune& options);

private:
    ImageCache(std::filesystem::path directory, Fd use, bool writable)
        : directory_(std::move(directory)), writable_(writable), use_(std::move(use)) {}

    std::filesystem::path directory_;
    bool writable_;
    std::shared_ptr<TreeNews> news_ = std::make_shared<TreeNews>();
    Fd use_; // holds a shared lock, so that prune() never takes away what somebody works with
};

} // namespace lxcpp::image
