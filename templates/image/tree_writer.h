// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/tar_reader.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lxcpp::image {

class TreeSums;

struct TreeWriterOptions {
    // Refuse: no member may pass through a symbolic link. InRoot: links are followed as if the tree
    // were "/"; for signed packages, which rely on /lib -> usr/lib and the like.
    sys::Links parents = sys::Links::Refuse;
    bool link_symlinks = false;       // a hard link may be one to a symbolic link
    std::uint32_t highest_id = 65535; // an owner above it is refused
    std::uint64_t max_bytes = std::uint64_t{64} << 30;
    std::uint64_t max_entries = 5'000'000;
    std::size_t max_depth = 512;
    // Gets what the tree holds, as a later walk over it would find it, once finish() was called. For a tree
    // that was empty, one writer, and parents that are refused as links.
    TreeSums* sums = nullptr;
};

// A member that would change the type of what stands at its path already.
class LXCPP_API TypeClash : public Error {
public:
    using Error::Error;
};

// Creates the members of archives below a directory. Each path is taken apart, refused when absolute
// or with "..", and created relative to its parent's descriptor; existing files are replaced, never
// written through. Owners, modes, times, security.capability and harmless user.* attributes are kept;
// device nodes are left out and counted. Not for use by several threads; several writers on the same
// tree are fine.
class TreeWriter {
public:
    TreeWriter(const sys::RootedDir& root, TreeWriterOptions options = {});
    TreeWriter(const TreeWriter&) = delete;
    TreeWriter& operator=(const TreeWriter&) = delete;

    // Creates one member; its data comes from reader. Throws Error or SystemError naming it.
    void write(const TarEntry& entry, MemberReader& reader);
    // Same under another name than the archive's; clean: as normal_path() gives it.
    void write_as(std::string_view clean, const TarEntry& entry, MemberReader& reader);
    // Somebody else removed directories: those of recent members are looked up again.
    void forget_directories() { open_.clear(); }
    // Sets the times of directories; call once at the end.
    void finish();

    [[nodiscard]] std::uint64_t skipped_devices() const noexcept { return skipped_devices_; }
    [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; } // of files, with their holes

private:
    const sys::RootedDir& parent(std::string_view directory);
    void make_implied(std::string_view directory);
    void make_directory(std::string_view path, const TarEntry& entry);
    void make_file(std::string_view path, const TarEntry& entry, MemberReader& reader);
    void make_symlink(std::string_view path, const TarEntry& entry);
    void make_hard_link(std::string_view path, const TarEntry& entry);
    void make_fifo(std::string_view path, const TarEntry& entry);
    [[nodiscard]] std::string write_content(FdRef file, std::string_view path, const TarEntry& entry,
                                            MemberReader& reader);
    void note(std::string_view path, FdRef fd, std::string_view content);
    void note_member(const sys::RootedDir& directory, std::string_view leaf, std::string_view path,
                     std::string_view content);
    void note_implied(std::string_view directory);
    void note_late();
    void make_room(const sys::RootedDir& directory, std::string_view leaf, std::string_view path,
                   mode_t wanted_type);
    void count(std::string_view path, const TarEntry& entry);

    const sys::RootedDir& root_;
    TreeWriterOptions options_;
    uid_t owner_; // of the tree's root, and of directories that no member names
    gid_t group_;
    std::unordered_map<std::string, sys::RootedDir> open_; // directories of recent members
    std::map<std::string, timespec, std::less<>> directory_times_;
    std::set<std::string, std::less<>> late_; // for the sums: hard links, directories that no member names
    std::uint64_t bytes_ = 0;
    std::uint64_t entries_ = 0;
    std::uint64_t skipped_devices_ = 0;
};

// Attributes that mean the same on another machine: security.capability and user.*, but what drives an overlay.
[[nodiscard]] bool is_portable_xattr(std::string_view name);

// A security.capability without the root of the user namespace that set it (vfs_cap_data of revision 3): whoever
// unpacks is another. Other values stay as they are.
[[nodiscard]] std::string plain_capability(std::string value);

// "./usr//bin/" -> "usr/bin"; "" for the root itself. Error when absolute, with "..", or too deep.
[[nodiscard]] std::string normal_path(std::string_view path, std::size_t max_depth = 512);

} // namespace lxcpp::image
