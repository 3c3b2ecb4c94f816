// SPDX-License-Identifier: Apache-2.0
#include "sys/openat2.h"
#include "sys/read_dir.h"
#include "sys/rooted_dir.h"
#include "sys/subvolume.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

// Deeper directories move up to the top of the tree and are emptied from there, so neither the
// stack nor the number of descriptors grows with what a container made.
constexpr int kMaxDepth = 64;
// Somebody may still be writing into the tree; we try again, but not for ever.
constexpr int kMaxRounds = 16;

// RESOLVE_NO_XDEV is about mounts: a btrfs subvolume has another st_dev but is part of the tree.
constexpr std::uint64_t kResolve =
    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;

class TreeRemover {
public:
    TreeRemover(FdRef top, std::string name) : top_(top), name_(std::move(name)) {}

    void empty_top() {
        for (int round = 0; !empty(open_dir(top_, ".", name_), name_, 0) || moved_; ++round) {
            // A round that moved directories up made progress, whatever their number.
            if (moved_) round = 0;
            if (round == kMaxRounds) throw SystemError("remove " + name_, ENOTEMPTY);
            moved_ = false;
        }
    }

    // A subvolume, unless others are in it: systemd makes some in a container.
    static bool removed_at_once(FdRef parent, const std::string& name, const std::string& path) {
        const Fd directory = open_dir(parent, name, path);
        return directory.valid() && is_subvolume(directory) && try_remove_subvolume(parent, name, directory);
    }

private:
    static Fd open_dir(FdRef parent, const std::string& name, const std::string& path) {
        const int fd =
            open_resolved(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, kResolve);
        if (fd == -EXDEV) {
            throw Error(
                fmt::format("remove {}: something is mounted there, unmount it first", path));
        }
        // Gone, or exchanged for something else since it was seen: there is nothing to enter.
        const bool other = fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP;
        if (fd < 0 && !other) throw SystemError("remove " + path, -fd);
        return Fd(fd);
    }

    // Removes what is in dir; false when something was left or came in meanwhile.
    bool empty(Fd dir, const std::string& path, int depth) {
        if (!dir.valid()) return true;
        Fd copy(::openat(dir.raw(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!copy.valid()) throw SystemError("remove " + path);
        bool whole = true;
        for (const DirEntry& entry : read_dir(std::move(copy), path)) {
            whole = remove_entry(dir, entry, path + '/' + printable(entry.name), depth) && whole;
        }
        return whole;
    }

    bool remove_entry(FdRef dir, const DirEntry& entry, const std::string& path, int depth) {
        if (entry.type != DT_DIR) {
            if (::unlinkat(dir.raw(), entry.name.c_str(), 0) == 0 || errno == ENOENT) return true;
            if (errno == EBUSY) {
                throw Error(
                    fmt::format("remove {}: something is mounted there, unmount it first", path));
            }
            // The type is unknown on some file systems, and may have changed.
            if (errno != EISDIR && errno != EPERM) throw SystemError("remove " + path);
            if (errno == EPERM && entry.type != DT_UNKNOWN) throw SystemError("remove " + path);
        }
        if (depth == kMaxDepth) return move_up(dir, entry.name, path);
        return remove_dir(dir, entry.name, path, depth);
    }

    bool remove_dir(FdRef dir, const std::string& name, const std::string& path, int depth) {
        for (int round = 0; round < kMaxRounds; ++round) {
            if (removed_at_once(dir, name, path)) return true;
            const bool whole = empty(open_dir(dir, name, path), path, depth + 1);
            if (::unlinkat(dir.raw(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT)
                return whole;
            if (errno == ENOTDIR && ::unlinkat(dir.raw(), name.c_str(), 0) == 0) return whole;
            const bool again = errno == ENOTEMPTY || errno == EEXIST || errno == EISDIR || errno == ENOENT;
            if (!again) throw SystemError("remove " + path);
        }
        throw SystemError("remove " + path, ENOTEMPTY);
    }

    bool move_up(FdRef dir, const std::string& name, const std::string& path) {
        for (;;) {
            const std::string target = fmt::format(".lxcpp-remove-{}", next_++);
            const int result =
                ::renameat2(dir.raw(), name.c_str(), top_.raw(), target.c_str(), RENAME_NOREPLACE);
            if (result == 0) break;
            if (errno == ENOENT) return true;
            if (errno != EEXIST) throw SystemError("remove " + path);
        }
        moved_ = true;
        return true;
    }

    FdRef top_;
    std::string name_;
    bool moved_ = false;
    std::uint64_t next_ = 0;
};

} // namespace

void RootedDir::remove_tree(std::string_view path, bool keep_top) const {
    // "" and "a/.." cannot be removed: say so before anything is.
    if (!keep_top && !try_parent_of("remove", path, Links::Refuse)) return;
    const std::optional<struct stat> info = stat(path);
    if (!info) return;
    if (!S_ISDIR(info->st_mode)) throw SystemError(label("remove", path), ENOTDIR);
    if (!keep_top && is_subvolume(open_at(path, O_PATH | O_NOFOLLOW))) {
        const Parent parent = parent_of("remove", path, Links::Refuse);
        if (TreeRemover::removed_at_once(parent.dir, parent.leaf, parent.leaf)) return;
    }
    const Fd top = open_at(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    TreeRemover(top, sub_dir(path).name()).empty_top();
    if (!keep_top) remove_dir(path);
}

} // namespace lxcpp::sys
