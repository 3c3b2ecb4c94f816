// SPDX-License-Identifier: Apache-2.0
#include "image/tree_copy.h"

#include "base/strings.h"
#include "image/tree_sums.h"
#include "image/tree_walk.h"
#include "sys/file.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <atomic>
#include <fcntl.h>
#include <map>
#include <mutex>
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

// capabilities(7): version 2 counts for root of the host, version 3 for the root it names, which stands at its end.
std::string capability_of(std::string value, std::uint32_t root) {
    constexpr std::size_t kVersion2 = 20;
    constexpr char kRevision3 = 3; // of the highest byte of the first word, little endian
    if (root == 0 || value.size() != kVersion2) return value;
    value[3] = kRevision3;
    for (unsigned shift = 0; shift < 32; shift += 8) value += static_cast<char>(root >> shift & 0xff);
    return value;
}

class TreeCopier {
public:
    TreeCopier(const sys::RootedDir& from, const sys::RootedDir& to, const TreeCopyOptions& options)
        : from_(from), to_(to), options_(options) {}

    TreeCopied copy(ProgressPhase& phase) {
        walk_.run([&](const std::string& directory) { copy_directory(directory); }, [&] { phase.update(entries_); });
        finish();
        return {entries_, bytes_, sums_.text()};
    }

private:
    // What must wait until every member is there.
    void finish() {
        for (const LateLink& link : late_links_) to_.make_hard_link(first_path_.at(link.inode), link.path);
        for (const auto& [path, time] : directory_times_) {
            sys::set_mtime(to_.open_at(path, O_RDONLY | O_DIRECTORY), time, path);
        }
    }

    void copy_directory(const std::string& path) {
        const sys::RootedDir source = from_.sub_dir(path);
        const sys::RootedDir target = to_.sub_dir(path);
        const Fd source_fd = source.open_at("", O_RDONLY | O_DIRECTORY);
        const struct stat info = sys::stat_fd(source_fd);
        add_sum(path, info, "", copy_metadata(source_fd, target.open_at("", O_RDONLY | O_DIRECTORY), info, path));
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
        case S_IFLNK: return copy_link(source, target, leaf, *info, path);
        case S_IFIFO: return copy_fifo(target, leaf, *info, path);
        default: return; // sockets belong to processes, devices to the host
        }
    }

    void copy_sub_directory(const sys::RootedDir& target, const std::string& leaf, std::string path) {
        target.make_dir(leaf, 0700);
        walk_.add(std::move(path));
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
        const auto size = static_cast<std::uint64_t>(info.st_size);
        const Fd in = source.open_at(leaf, O_RDONLY | O_NOFOLLOW);
        if (is_known(info, path)) {
            if (options_.sums) sums_.add(path, info, content_digest(in, size, path), sys::read_xattrs(in, path));
            return;
        }
        const Fd out = target.open_at(leaf, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        sys::copy_content(in, out, size, path);
        // Of the copy: what counts is what the container gets.
        const std::string digest = options_.sums ? content_digest(out, size, path) : std::string();
        const auto xattrs = copy_metadata(in, out, info, path);
        sys::set_mtime(out, info.st_mtim, path);
        add_sum(path, info, digest, xattrs);
        bytes_ += size;
    }

    void add_sum(const std::string& path, const struct stat& info, std::string_view content, const Xattrs& xattrs) {
        if (options_.sums) sums_.add(path, info, content, xattrs);
    }

    Xattrs copy_metadata(FdRef in, FdRef out, const struct stat& info, std::string_view path) const {
        sys::set_owner(out, info.st_uid + options_.uid_shift, info.st_gid + options_.gid_shift, path); // first: it clears what follows
        sys::set_mode(out, info.st_mode & 07777, path);
        auto xattrs = sys::read_xattrs(in, path);
        for (auto& [name, value] : xattrs) {
            if (name == "security.capability") value = capability_of(std::move(value), options_.uid_shift);
        }
        for (const auto& [name, value] : xattrs) sys::set_xattr(out, name, value, path);
        return xattrs;
    }

    void copy_link(const sys::RootedDir& source, const sys::RootedDir& target, const std::string& leaf,
                   const struct stat& info, const std::string& path) {
        const std::string link = source.read_link(leaf).value_or("");
        target.make_symlink(link, leaf);
        target.chown(leaf, info.st_uid + options_.uid_shift, info.st_gid + options_.gid_shift);
        target.set_times(leaf, info.st_mtim);
        add_sum(path, info, link, {});
    }

    void copy_fifo(const sys::RootedDir& target, const std::string& leaf, const struct stat& info,
                   const std::string& path) {
        target.make_node(leaf, S_IFIFO | 0600, 0);
        target.chown(leaf, info.st_uid + options_.uid_shift, info.st_gid + options_.gid_shift);
        target.chmod(leaf, info.st_mode & 07777);
        target.set_times(leaf, info.st_mtim);
        add_sum(path, info, "", {});
    }

    const sys::RootedDir& from_;
    const sys::RootedDir& to_;
    const TreeCopyOptions& options_;
    TreeWalk walk_;
    TreeSums sums_;
    std::mutex mutex_;
    std::map<Inode, std::string> first_path_;
    std::vector<LateLink> late_links_;
    std::vector<DirectoryTime> directory_times_;
    std::atomic<std::uint64_t> entries_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
};

} // namespace

TreeCopied copy_tree(const sys::RootedDir& from, const sys::RootedDir& to, ProgressSink& progress,
                     const TreeCopyOptions& options) {
    ProgressPhase phase(progress, options.phase, 0);
    auto copied = TreeCopier(from, to, options).copy(phase);
    phase.end(format_amount(copied.entries, ProgressUnit::Items) + " files");
    return copied;
}

} // namespace lxcpp::image
