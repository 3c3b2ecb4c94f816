// SPDX-License-Identifier: Apache-2.0
#include "image/tree_writer.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "image/tree_sums.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::size_t kMaxOpenDirs = 64;
constexpr std::size_t kMaxXattrs = 64;
constexpr std::size_t kMaxXattrBytes = 64u << 10;

struct Location {
    std::string_view directory;
    std::string_view leaf;
};

Location locate(std::string_view path) {
    const auto slash = path.rfind('/');
    if (slash == path.npos) return {"", path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

[[noreturn]] void refuse(std::string_view path, std::string_view why) {
    throw Error(fmt::format("unpack '{}': {}", printable(path), why));
}

[[noreturn]] void refuse_change(std::string_view path, std::string_view from, std::string_view to) {
    throw TypeClash(fmt::format("unpack '{}': it is {} already and would become {}", printable(path),
                                from, to));
}

void set_xattrs(FdRef fd, const TarEntry& entry, std::string_view path) {
    std::size_t bytes = 0;
    std::size_t number = 0;
    for (const auto& [name, value] : entry.xattrs) {
        bytes += name.size() + value.size();
        if (++number > kMaxXattrs || bytes > kMaxXattrBytes) refuse(path, "too many attributes");
        if (!is_portable_xattr(name)) continue;
        sys::set_xattr(fd, name, name == "security.capability" ? plain_capability(value) : value, path);
    }
}

// Owner first: changing it clears the setuid bits and the capability.
void set_metadata(FdRef fd, const TarEntry& entry, std::string_view path) {
    sys::set_owner(fd, static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid), path);
    sys::set_mode(fd, entry.mode, path);
    if (!entry.xattrs.empty()) set_xattrs(fd, entry, path);
}

// What is between the extents stays a hole.
void write_extents(FdRef file, std::string_view path, const TarEntry& entry, MemberReader& reader) {
    auto extent = entry.extents.begin();
    std::uint64_t used = 0; // of the extent
    for (auto data = reader.read(); !data.empty(); data = reader.read()) {
        std::string_view bytes(data.data(), data.size());
        while (!bytes.empty()) {
            while (extent != entry.extents.end() && used == extent->length) ++extent, used = 0;
            if (extent == entry.extents.end()) refuse(path, "more data than its map has places for");
            const auto part = bytes.substr(0, extent->length - used);
            sys::write_at(file, part, extent->offset + used, path);
            used += part.size();
            bytes.remove_prefix(part.size());
        }
    }
    sys::truncate_file(file, entry.size, path);
}

std::string_view type_name(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return "a file";
    case S_IFDIR: return "a directory";
    case S_IFLNK: return "a symbolic link";
    default: return "a special file";
    }
}

} // namespace

// Everything else either drives the host's kernel (overlay, LSM, IMA) or means nothing in a container.
bool is_portable_xattr(std::string_view name) {
    if (name == "security.capability") return true;
    return name.starts_with("user.") && !name.starts_with("user.overlay.");
}

std::string plain_capability(std::string value) {
    constexpr std::size_t kRevision2 = 20;
    constexpr std::size_t kRevision3 = 24;
    if (value.size() == kRevision3 && value[3] == 3) {
        value[3] = 2;
        value.resize(kRevision2);
    }
    return value;
}

std::string normal_path(std::string_view path, std::size_t max_depth) {
    if (path.starts_with('/')) refuse(path, "an absolute path");
    std::string result;
    std::size_t depth = 0;
    for (const auto part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == "..") refuse(path, "a path with '..'");
        if (++depth > max_depth) refuse(path.substr(0, 200), "too many directories deep");
        if (!result.empty()) result += '/';
        result += part;
    }
    return result;
}

TreeWriter::TreeWriter(const sys::RootedDir& root, TreeWriterOptions options)
    : root_(root), options_(options) {
    const auto info = sys::stat_fd(root.fd());
    owner_ = info.st_uid;
    group_ = info.st_gid;
}

// The descriptors of recent directories are kept: members come sorted, and a lookup per file costs
// more than creating it.
const sys::RootedDir& TreeWriter::parent(std::string_view directory) {
    if (directory.empty()) return root_;
    std::string key(directory);
    if (const auto found = open_.find(key); found != open_.end()) return found->second;
    if (open_.size() >= kMaxOpenDirs) open_.clear();
    if (!root_.exists(directory, options_.parents)) {
        make_implied(directory);
        note_implied(directory);
    }
    return open_.emplace(std::move(key), root_.sub_dir(directory, options_.parents)).first->second;
}

void TreeWriter::make_implied(std::string_view directory) {
    if (::geteuid() == owner_) return root_.make_dirs(directory, 0755, options_.parents);
    // A user who writes with the ids of a namespace.
    for (std::size_t end = 0; end != directory.npos;) {
        end = directory.find('/', end + 1);
        const auto part = directory.substr(0, end);
        if (root_.exists(part, options_.parents)) continue;
        root_.make_dirs(part, 0755, options_.parents);
        root_.chown(part, owner_, group_, options_.parents);
        root_.chmod(part, 0755, options_.parents);
    }
}

void TreeWriter::count(std::string_view path, const TarEntry& entry) {
    bytes_ += entry.size;
    if (++entries_ > options_.max_entries) refuse(path, "too many members");
    if (bytes_ > options_.max_bytes) refuse(path, "the content is larger than allowed");
    if (entry.uid > options_.highest_id || entry.gid > options_.highest_id) {
        refuse(path, fmt::format("owner {}:{} is outside of the container's range 0..{}", entry.uid,
                                 entry.gid, options_.highest_id));
    }
}

void TreeWriter::write(const TarEntry& entry, MemberReader& reader) {
    write_as(normal_path(entry.path, options_.max_depth), entry, reader);
}

void TreeWriter::write_as(std::string_view clean, const TarEntry& entry, MemberReader& reader) {
    count(clean, entry);
    if (clean.empty() && entry.type != TarType::Directory) refuse(entry.path, "not a directory");
    switch (entry.type) {
    case TarType::Directory: return make_directory(clean, entry);
    case TarType::File: return make_file(clean, entry, reader);
    case TarType::Symlink: return make_symlink(clean, entry);
    case TarType::HardLink: return make_hard_link(clean, entry);
    case TarType::Fifo: return make_fifo(clean, entry);
    case TarType::CharDevice:
    case TarType::BlockDevice: ++skipped_devices_; return;
    }
}

// What has the name goes when it is of the same type. Turning a directory into a link, or a link
// into a file, is how archives smuggle later members out of the tree.
void TreeWriter::make_room(const sys::RootedDir& directory, std::string_view leaf, std::string_view path,
                           mode_t wanted_type) {
    const auto old = directory.stat(leaf);
    if (!old) return;
    if ((old->st_mode & S_IFMT) != wanted_type) {
        refuse_change(path, type_name(old->st_mode), type_name(wanted_type));
    }
    directory.remove(leaf);
}

void TreeWriter::make_directory(std::string_view path, const TarEntry& entry) {
    if (!path.empty()) {
        const auto [directory, leaf] = locate(path);
        const sys::RootedDir& where = parent(directory);
        const auto old = where.stat(leaf);
        const bool link = old && S_ISLNK(old->st_mode);
        // A link to a directory stays, as dpkg does it for merged /usr; its target is not changed.
        if (link && options_.parents == sys::Links::InRoot) {
            (void)root_.sub_dir(path, sys::Links::InRoot);
            return;
        }
        if (old && !S_ISDIR(old->st_mode)) {
            refuse_change(path, type_name(old->st_mode), "a directory");
        }
        try {
            if (!old) where.make_dir(leaf, 0700);
        } catch (const SystemError& error) {
            if (error.code() != EEXIST) throw; // another writer was faster
        }
    }
    const Fd opened = root_.open_at(path, O_RDONLY | O_DIRECTORY, 0, options_.parents);
    set_metadata(opened, entry, path);
    directory_times_.insert_or_assign(std::string(path), entry.mtime);
}

void TreeWriter::make_file(std::string_view path, const TarEntry& entry, MemberReader& reader) {
    constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    const auto [directory, leaf] = locate(path);
    const sys::RootedDir& where = parent(directory);
    Fd file;
    try {
        file = where.open_at(leaf, kFlags, 0600);
    } catch (const SystemError& error) {
        if (error.code() != EEXIST) throw;
        make_room(where, leaf, path, S_IFREG);
        file = where.open_at(leaf, kFlags, 0600);
    }
    const std::string digest = write_content(file, path, entry, reader);
    set_metadata(file, entry, path);
    sys::set_mtime(file, entry.mtime, path);
    note(path, file, digest);
}

// Returns the digest of the content when sums are wanted.
std::string TreeWriter::write_content(FdRef file, std::string_view path, const TarEntry& entry,
                                      MemberReader& reader) {
    if (entry.sparse) {
        write_extents(file, path, entry, reader);
        return options_.sums != nullptr ? content_digest(file, entry.size, path) : "";
    }
    Sha256 hash;
    for (auto data = reader.read(); !data.empty(); data = reader.read()) {
        const std::string_view bytes(data.data(), data.size());
        sys::write_all(file, bytes, path);
        if (options_.sums != nullptr) hash.update(bytes);
    }
    return options_.sums != nullptr ? hash.finish_hex() : "";
}

void TreeWriter::make_symlink(std::string_view path, const TarEntry& entry) {
    const auto [directory, leaf] = locate(path);
    const sys::RootedDir& where = parent(directory);
    try {
        where.make_symlink(entry.link, leaf);
    } catch (const SystemError& error) {
        if (error.code() != EEXIST) throw;
        make_room(where, leaf, path, S_IFLNK);
        where.make_symlink(entry.link, leaf);
    }
    where.chown(leaf, static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid));
    where.set_times(leaf, entry.mtime);
    note_member(where, leaf, path, entry.link);
}

void TreeWriter::make_hard_link(std::string_view path, const TarEntry& entry) {
    const std::string target = normal_path(entry.link, options_.max_depth);
    const auto found = root_.stat(target, options_.parents);
    if (!found) refuse(path, fmt::format("a hard link to '{}', which is not there", printable(target)));
    const bool symlink = options_.link_symlinks && S_ISLNK(found->st_mode);
    if (!S_ISREG(found->st_mode) && !symlink) {
        refuse(path, fmt::format("a hard link to '{}', which is {}", printable(target),
                                 type_name(found->st_mode)));
    }
    if (target == path) refuse(path, "a hard link to itself");
    const auto [directory, leaf] = locate(path);
    make_room(parent(directory), leaf, path, found->st_mode & S_IFMT);
    root_.make_hard_link(target, path, options_.parents);
    if (options_.sums != nullptr) late_.emplace(path);
}

void TreeWriter::make_fifo(std::string_view path, const TarEntry& entry) {
    const auto [directory, leaf] = locate(path);
    const sys::RootedDir& where = parent(directory);
    make_room(where, leaf, path, S_IFIFO);
    where.make_node(leaf, S_IFIFO | 0600, 0);
    where.chown(leaf, static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid));
    where.chmod(leaf, entry.mode);
    where.set_times(leaf, entry.mtime);
    note_member(where, leaf, path, "");
}

void TreeWriter::note(std::string_view path, FdRef fd, std::string_view content) {
    if (options_.sums == nullptr) return;
    options_.sums->add(std::string(path), sys::stat_fd(fd), content, sys::read_xattrs(fd, path));
}

void TreeWriter::note_member(const sys::RootedDir& directory, std::string_view leaf, std::string_view path,
                             std::string_view content) {
    if (options_.sums == nullptr) return;
    if (const auto info = directory.stat(leaf)) options_.sums->add(std::string(path), *info, content, {});
}

void TreeWriter::note_implied(std::string_view directory) {
    if (options_.sums == nullptr) return;
    for (; !directory.empty(); directory = locate(directory).directory) late_.emplace(directory);
}

void TreeWriter::note_late() {
    if (options_.sums == nullptr) return;
    late_.emplace(); // the tree itself
    for (const std::string& path : late_) {
        const Fd fd = root_.open_at(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        const auto info = sys::stat_fd(fd);
        note(path, fd, S_ISREG(info.st_mode) ? content_digest(fd, static_cast<std::uint64_t>(info.st_size), path) : "");
    }
    late_.clear();
}

void TreeWriter::finish() {
    open_.clear();
    // Children before their parents: nothing is created any more, so the order is for neatness only.
    for (auto entry = directory_times_.rbegin(); entry != directory_times_.rend(); ++entry) {
        const auto& [path, time] = *entry;
        const Fd directory = root_.open_at(path, O_RDONLY | O_DIRECTORY, 0, options_.parents);
        sys::set_mtime(directory, time, path);
        note(path, directory, "");
    }
    note_late();
    directory_times_.clear();
}

} // namespace lxcpp::image
