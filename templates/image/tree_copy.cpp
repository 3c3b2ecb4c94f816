// SPDX-License-Identifier: Apache-2.0
#include "image/tree_copy.h"

#include "base/strings.h"
#include "image/workers.h"
#include "sys/file.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <atomic>
#include <condition_variable>
#include <fcntl.h>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lxcpp::image {
namespace {

using Inode = std::pair<dev_t, ino_t>;

struct LateLink {
    Inode inode;
    std::string path;
};

struct DirectoryTime {
    std::string path;
    timespec time;
};

std::string join_path(std::string_view directory, std::string_view leaf) {
    std::string path(directory);
    if (!path.empty()) path += '/';
    return path += leaf;
}

// Directories wait in a list; each worker takes one, copies its members and adds its directories.
class TreeCopier {
public:
    TreeCopier(const sys::RootedDir& from, const sys::RootedDir& to) : from_(from), to_(to) {
        waiting_.emplace_back();
    }

    void work(const std::function<void(std::uint64_t)>& report) {
        while (auto directory = take()) {
            try {
                copy_directory(*directory);
            } catch (...) {
                stop();
                throw;
            }
            done();
            report(entries_);
        }
    }

    // What must wait until every member is there.
    void finish() {
        for (const LateLink& link : late_links_) to_.make_hard_link(first_path_.at(link.inode), link.path);
        for (const auto& [path, time] : directory_times_) {
            sys::set_mtime(to_.open_at(path, O_RDONLY | O_DIRECTORY), time, path);
        }
    }

    [[nodiscard]] TreeCopied copied() const { return {entries_, bytes_}; }

private:
    std::optional<std::string> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !waiting_.empty() || busy_ == 0 || stopped_; });
        if (waiting_.empty() || stopped_) return std::nullopt;
        std::string directory = std::move(waiting_.back());
        waiting_.pop_back();
        ++busy_;
        return directory;
    }

    void done() {
        const std::lock_guard lock(mutex_);
        if (--busy_ == 0) changed_.notify_all();
    }

    void stop() {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }

    void copy_directory(const std::string& path) {
        const sys::RootedDir source = from_.sub_dir(path);
        const sys::RootedDir target = to_.sub_dir(path);
        const Fd source_fd = source.open_at("", O_RDONLY | O_DIRECTORY);
        const struct stat info = sys::stat_fd(source_fd);
        copy_metadata(source_fd, target.open_at("", O_RDONLY | O_DIRECTORY), info, path);
        for (const sys::DirEntry& entry : source.list()) {
            copy_member(source, target, entry.name, path);
            ++entries_;
        }
        const std::lock_guard lock(mutex_);
        directory_times_.push_back({path, info.st_mtim});
    }

    void copy_member(const sys::RootedDir& source, const sys::RootedDir& target, const std::string& leaf,
                     const std::string& directory) {
        const auto info = source.stat(leaf);
        if (!info) throw Error("copy " + printable(join_path(directory, leaf)) + ": it vanished");
        const std::string path = join_path(directory, leaf);
        switch (info->st_mode & S_IFMT) {
        case S_IFDIR: return copy_sub_directory(target, leaf, path);
        case S_IFREG: return copy_file(source, target, leaf, *info, path);
        case S_IFLNK: return copy_link(source, target, leaf, *info);
        case S_IFIFO: return copy_fifo(target, leaf, *info);
        default: return; // sockets belong to processes, devices to the host
        }
    }

    void copy_sub_directory(const sys::RootedDir& target, const std::string& leaf, std::string path) {
        target.make_dir(leaf, 0700);
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(path));
        changed_.notify_one();
    }

    // True for the second and later names of a file.
    bool is_known(const struct stat& info, const std::string& path) {
        if (info.st_nlink < 2) return false;
        const std::lock_guard lock(mutex_);
        const Inode inode{info.st_dev, info.st_ino};
        if (first_path_.emplace(inode, path).second) return false;
        late_links_.push_back({inode, path});
        return true;
    }

    void copy_file(const sys::RootedDir& source, const sys::RootedDir& target, const std::string& leaf,
                   const struct stat& info, const std::string& path) {
        if (is_known(info, path)) return;
        const Fd in = source.open_at(leaf, O_RDONLY | O_NOFOLLOW);
        const Fd out = target.open_at(leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        const auto size = static_cast<std::uint64_t>(info.st_size);
        sys::copy_content(in, out, size, path);
        copy_metadata(in, out, info, path);
        sys::set_mtime(out, info.st_mtim, path);
        bytes_ += size;
    }

    static void copy_metadata(FdRef in, FdRef out, const struct stat& info, std::string_view path) {
        sys::set_owner(out, info.st_uid, info.st_gid, path); // first: it clears what follows
        sys::set_mode(out, info.st_mode & 07777, path);
        for (const auto& [name, value] : sys::read_xattrs(in, path)) {
            sys::set_xattr(out, name, value, path);
        }
    }

    static void copy_link(const sys::RootedDir& source, const sys::RootedDir& target,
                          const std::string& leaf, const struct stat& info) {
        target.make_symlink(source.read_link(leaf).value_or(""), leaf);
        target.chown(leaf, info.st_uid, info.st_gid);
        target.set_times(leaf, info.st_mtim);
    }

    static void copy_fifo(const sys::RootedDir& target, const std::string& leaf, const struct stat& info) {
        target.make_node(leaf, S_IFIFO | 0600, 0);
        target.chown(leaf, info.st_uid, info.st_gid);
        target.chmod(leaf, info.st_mode & 07777);
        target.set_times(leaf, info.st_mtim);
    }

    const sys::RootedDir& from_;
    const sys::RootedDir& to_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> waiting_;
    unsigned busy_ = 0;
    bool stopped_ = false;
    std::map<Inode, std::string> first_path_;
    std::vector<LateLink> late_links_;
    std::vector<DirectoryTime> directory_times_;
    std::atomic<std::uint64_t> entries_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
};

} // namespace

TreeCopied copy_tree(const sys::RootedDir& from, const sys::RootedDir& to, ProgressSink& progress) {
    ProgressPhase phase(progress, "Copying the base system", 0);
    TreeCopier copier(from, to);
    run_workers(2, [&](unsigned worker) {
        copier.work([&](std::uint64_t entries) {
            if (worker == 0) phase.update(entries);
        });
    });
    copier.finish();
    phase.end(format_amount(copier.copied().entries, ProgressUnit::Items) + " files");
    return copier.copied();
}

} // namespace lxcpp::image
