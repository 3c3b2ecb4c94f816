// SPDX-License-Identifier: Apache-2.0
#include "image/tree_check.h"

#include "base/strings.h"
#include "image/tree_sums.h"
#include "image/tree_walk.h"
#include "sys/file.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <atomic>
#include <fcntl.h>
#include <set>

namespace lxcpp::image {
namespace {

class TreeSummer {
public:
    explicit TreeSummer(const sys::RootedDir& tree) : tree_(tree) {}

    std::string sum(ProgressPhase& phase) {
        walk_.run([&](const std::string& directory) { sum_directory(directory); }, [&] { phase.update(entries_); });
        return sums_.text();
    }
    [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }

private:
    void sum_directory(const std::string& path) {
        const sys::RootedDir directory = tree_.sub_dir(path);
        const Fd fd = directory.open_at("", O_RDONLY | O_DIRECTORY);
        const struct stat info = sys::stat_fd(fd);
        ++entries_;
        sums_.add(path, info, "", sys::read_xattrs(fd, path));
        for (const sys::DirEntry& entry : directory.list()) sum_member(directory, entry.name, join_path(path, entry.name));
    }

    void sum_member(const sys::RootedDir& directory, const std::string& leaf, const std::string& path) {
        const auto info = directory.stat(leaf);
        if (!info) throw Error(printable(path) + " vanished while it was read");
        if (!S_ISDIR(info->st_mode)) ++entries_;
        switch (info->st_mode & S_IFMT) {
        case S_IFDIR: return walk_.add(path);
        case S_IFREG: return sum_file(directory, leaf, path);
        case S_IFLNK: return sums_.add(path, *info, directory.read_link(leaf).value_or(""), {});
        case S_IFIFO: return sums_.add(path, *info, "", {});
        default: return; // as TreeSums has it
        }
    }

    void sum_file(const sys::RootedDir& directory, const std::string& leaf, const std::string& path) {
        const Fd file = directory.open_at(leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        const struct stat info = sys::stat_fd(file);
        const std::string digest = content_digest(file, static_cast<std::uint64_t>(info.st_size), path);
        sums_.add(path, info, digest, sys::read_xattrs(file, path));
    }

    const sys::RootedDir& tree_;
    TreeWalk walk_;
    TreeSums sums_;
    std::atomic<std::uint64_t> entries_ = 0;
};

std::uint64_t size_below(const sys::RootedDir& directory, std::set<ino_t>& linked) {
    std::uint64_t sum = 0;
    for (const sys::DirEntry& entry : directory.list()) {
        const auto info = directory.stat(entry.name);
        if (!info) continue;
        if (info->st_nlink > 1 && !S_ISDIR(info->st_mode) && !linked.insert(info->st_ino).second) continue;
        sum += static_cast<std::uint64_t>(info->st_blocks) * 512;
        if (S_ISDIR(info->st_mode)) sum += size_below(directory.sub_dir(entry.name), linked);
    }
    return sum;
}

} // namespace

std::string sum_tree(const sys::RootedDir& tree, std::string_view phase_name, ProgressSink& progress) {
    ProgressPhase phase(progress, phase_name, 0);
    TreeSummer summer(tree);
    std::string sums = summer.sum(phase);
    phase.end(format_amount(summer.entries(), ProgressUnit::Items) + " files");
    return sums;
}

std::uint64_t tree_size(const sys::RootedDir& tree) {
    std::set<ino_t> linked;
    return size_below(tree, linked);
}

} // namespace lxcpp::image
