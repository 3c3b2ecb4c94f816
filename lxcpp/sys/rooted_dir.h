// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace lxcpp::sys {

// How a path below the root treats symbolic links. Refuse: no component may be one (our own
// metadata). InRoot: links resolve as if the directory were "/" (guest files, where /var/run ->
// /run and absolute links are normal). Neither ever leaves the tree or follows a magic link:
// openat2(2) RESOLVE_BENEATH|NO_SYMLINKS and RESOLVE_IN_ROOT, both with NO_MAGICLINKS.
enum class Links { Refuse, InRoot };

struct DirEntry {
    std::string name;
    unsigned char type; // DT_*
    ino_t inode;
};

// One directory tree whose content we do not trust: the only way to touch a rootfs, an image, a
// container directory or an unpack target. All paths are relative to it (a leading '/' is
// ignored); "" and "." are the directory itself. The last component is never followed by create,
// remove, chown and metadata calls, and must not be "..". The umask applies to make_dir, make_dirs
// and make_node; modes given to write_file and chmod are exact. Everything throws SystemError "VERB
// PATH in ROOT".
class RootedDir {
public:
    // Opens a directory of the host; its own path must not end in a symbolic link.
    [[nodiscard]] static RootedDir open(const std::filesystem::path& path);
    // name only labels messages.
    RootedDir(Fd dir, std::string name) : dir_(std::move(dir)), name_(std::move(name)) {}

    [[nodiscard]] FdRef fd() const noexcept { return dir_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    // flags are open(2)'s; O_CLOEXEC and O_NOCTTY are added.
    [[nodiscard]] Fd open_at(std::string_view path, int flags, mode_t mode = 0,
                             Links links = Links::Refuse) const;
    // nullopt for ENOENT and ENOTDIR only.
    [[nodiscard]] std::optional<Fd> try_open_at(std::string_view path, int flags, mode_t mode = 0,
                                                Links links = Links::Refuse) const;
    [[nodiscard]] RootedDir sub_dir(std::string_view path, Links links = Links::Refuse) const;

    [[nodiscard]] std::optional<struct stat> stat(std::string_view path,
                                                  Links links = Links::Refuse) const; // lstat
    [[nodiscard]] bool exists(std::string_view path, Links links = Links::Refuse) const;
    // Regular files only (a fifo or device is an Error, it is never opened for reading).
    [[nodiscard]] std::optional<std::string> read_file(std::string_view path,
                                                       std::size_t limit = 1u << 20,
                                                       Links links = Links::Refuse) const;
    // nullopt when it is absent or no symbolic link.
    [[nodiscard]] std::optional<std::string> read_link(std::string_view path,
                                                       Links links = Links::Refuse) const;
    [[nodiscard]] std::vector<DirEntry> list(std::string_view path = "",
                                             Links links = Links::Refuse) const;

    // Temporary name, fsync, rename, fsync of the directory. An existing link at path is replaced,
    // never followed. Parent directories must exist.
    void write_file(std::string_view path, std::string_view content, mode_t mode = 0644,
                    Links parent_links = Links::Refuse) const;
    void make_dir(std::string_view path, mode_t mode = 0755,
                  Links parent_links = Links::Refuse) const;
    void make_dirs(std::string_view path, mode_t mode = 0755, Links links = Links::Refuse) const;
    void make_symlink(std::string_view target, std::string_view path,
                      Links parent_links = Links::Refuse) const;
    void make_hard_link(std::string_view existing, std::string_view path,
                        Links parent_links = Links::Refuse) const;
    void make_node(std::string_view path, mode_t mode, dev_t device,
                   Links parent_links = Links::Refuse) const;
    void rename(std::string_view from, std::string_view to, bool replace = true,
                Links parent_links = Links::Refuse) const;
    // No error when absent.
    void remove(std::string_view path,
                Links parent_links = Links::Refuse) const; // file, link, node
    void remove_dir(std::string_view path, Links parent_links = Links::Refuse) const;
    // Depth first, with few descriptors however deep the tree is; never enters a mount (a mount
    // below is an Error naming it) and follows no link. No error when absent. With keep_top the
    // directory itself stays.
    void remove_tree(std::string_view path, bool keep_top = false) const;

    void chown(std::string_view path, uid_t uid, gid_t gid,
               Links parent_links = Links::Refuse) const;
    void chmod(std::string_view path, mode_t mode,
               Links parent_links = Links::Refuse) const; // not on links
    void set_times(std::string_view path, timespec mtime, Links parent_links = Links::Refuse) const;
    void set_xattr(std::string_view path, std::string_view name, std::string_view value,
                   Links parent_links = Links::Refuse) const;

private:
    struct Parent { // directory of the last component, and that component
        Fd dir;
        std::string leaf;
    };
    [[nodiscard]] int resolve(std::string_view path, int flags, mode_t mode, Links links) const;
    [[nodiscard]] Parent parent_of(std::string_view verb, std::string_view path, Links links) const;
    [[nodiscard]] std::optional<Parent>
    try_parent_of(std::string_view verb, std::string_view path,
                  Links links) const; // nullopt: no such directory
    // The very inode of path (a link itself, not its target), O_PATH.
    [[nodiscard]] Fd open_inode(std::string_view verb, std::string_view path,
                                Links parent_links) const;
    [[nodiscard]] std::string label(std::string_view verb, std::string_view path) const;
    [[noreturn]] void fail(std::string_view verb, std::string_view path, int error,
                           Links links) const;
    void check(int result, std::string_view verb, std::string_view path) const;

    Fd dir_;
    std::string name_;
};

} // namespace lxcpp::sys
