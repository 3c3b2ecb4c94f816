// SPDX-License-Identifier: Apache-2.0
#include "image/squashfs_tree.h"

#include "base/strings.h"
#include "image/tree_writer.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cstdlib>
#include <fmt/core.h>
#include <limits>
#include <new>
#include <sqfs/dir_writer.h>
#include <sqfs/error.h>
#include <sqfs/frag_table.h>
#include <sqfs/meta_writer.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxIndexed = 65535; // names of a directory: its index counts in 16 bits
constexpr std::uint32_t kNoXattrs = 0xffffffff;

[[noreturn]] void refuse(const std::string& path, std::string_view problem) {
    throw Error(fmt::format("squashfs: '{}': {}", printable(path), problem));
}

sqfs_u16 type_bits(TarType type) {
    switch (type) {
    case TarType::Directory: return S_IFDIR;
    case TarType::Symlink: return S_IFLNK;
    case TarType::CharDevice: return S_IFCHR;
    case TarType::BlockDevice: return S_IFBLK;
    case TarType::Fifo: return S_IFIFO;
    default: return S_IFREG;
    }
}

sqfs_inode_generic_t* make_inode(SQFS_INODE_TYPE type, std::string_view payload = {}) {
    auto* inode = static_cast<sqfs_inode_generic_t*>(std::calloc(1, sizeof(sqfs_inode_generic_t) + payload.size() + 1));
    if (inode == nullptr) throw std::bad_alloc();
    inode->base.type = static_cast<sqfs_u16>(type);
    inode->payload_bytes_available = static_cast<sqfs_u32>(payload.size());
    std::copy(payload.begin(), payload.end(), reinterpret_cast<char*>(inode->extra));
    return inode;
}

// Those of files are made by the block processor, those of directories when all is known of them.
sqfs_inode_generic_t* inode_of(const TarEntry& entry) {
    sqfs_inode_generic_t* inode = nullptr;
    if (entry.type == TarType::Symlink) {
        inode = make_inode(SQFS_INODE_SLINK, entry.link);
        inode->data.slink.target_size = static_cast<sqfs_u32>(entry.link.size());
    } else if (entry.type == TarType::CharDevice || entry.type == TarType::BlockDevice) {
        inode = make_inode(entry.type == TarType::CharDevice ? SQFS_INODE_CDEV : SQFS_INODE_BDEV);
        inode->data.dev.devno = static_cast<sqfs_u32>(makedev(entry.major, entry.minor));
    } else if (entry.type == TarType::Fifo) {
        inode = make_inode(SQFS_INODE_FIFO);
    }
    return inode;
}

// A plain file's inode has no place for it: the file has one name.
void set_links(sqfs_inode_generic_t& inode, std::uint32_t links) {
    switch (inode.base.type) {
    case SQFS_INODE_FILE: break;
    case SQFS_INODE_EXT_FILE: inode.data.file_ext.nlink = links; break;
    case SQFS_INODE_DIR: inode.data.dir.nlink = links; break;
    case SQFS_INODE_EXT_DIR: inode.data.dir_ext.nlink = links; break;
    default: inode.data.ipc.nlink = links; break; // the first field of the others
    }
}

std::string clean(const std::string& path) { return normal_path(path, std::numeric_limits<std::size_t>::max()); }

std::pair<std::string_view, std::string> split_last(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == path.npos) return {"", path};
    return {std::string_view(path).substr(0, slash), path.substr(slash + 1)};
}

} // namespace

SquashfsTree::SquashfsTree()
    : ids_(squashfs_made(sqfs_id_table_create(0))), xattrs_(squashfs_made(sqfs_xattr_writer_create(0))) {}

sqfs_inode_generic_t** SquashfsTree::add(const TarEntry& entry) {
    const std::string path = clean(entry.path);
    if (path.empty() != nodes_.empty() || (path.empty() && entry.type != TarType::Directory))
        refuse(path, "the root directory comes first, and once");
    if (entry.type == TarType::HardLink) {
        add_link(path, entry);
        return nullptr;
    }
    const std::uint32_t number = add_node(path, entry);
    if (!path.empty()) add_name(path, number, entry.type == TarType::Directory);
    if (entry.type == TarType::Directory) open_directory(path, number);
    return entry.type == TarType::File ? &nodes_.back().inode : nullptr;
}

void SquashfsTree::open_directory(const std::string& path, std::uint32_t number) {
    Directory& directory = directories_.emplace_back();
    directory.path = path;
    directory.number = number;
    directory.parent = open_.empty() ? 0 : open_.back()->number;
    open_.push_back(&directory);
    by_path_.emplace(directory.path, &directory);
}

void SquashfsTree::add_name(const std::string& path, std::uint32_t number, bool directory) {
    auto [above, name] = split_last(path);
    while (!open_.empty() && open_.back()->path != above) open_.pop_back();
    if (open_.empty()) refuse(path, "it does not follow its directory");
    Directory& parent = *open_.back();
    if (name.size() > kMaxName) refuse(path, "too long a name");
    if (!parent.members.empty() && !(parent.members.back().name < name)) refuse(path, "names are not sorted");
    if (directory) ++parent.directories;
    parent.members.push_back({std::move(name), number});
}

void SquashfsTree::add_link(const std::string& path, const TarEntry& entry) {
    const std::string target = clean(entry.link);
    const auto [above, name] = split_last(target);
    const auto directory = by_path_.find(above);
    if (directory == by_path_.end()) refuse(path, "another name of something that is not there");
    const auto& members = directory->second->members;
    const auto found = std::ranges::lower_bound(members, name, {}, &Member::name);
    if (found == members.end() || found->name != name) refuse(path, "another name of something that is not there");
    Node& node = nodes_[found->number - 1];
    if (S_ISDIR(node.base.mode)) refuse(path, "another name of a directory");
    ++node.links;
    add_name(path, node.base.inode_number, false);
}

std::uint32_t SquashfsTree::add_node(const std::string& path, const TarEntry& entry) {
    Node& node = nodes_.emplace_back();
    node.base.mode = static_cast<sqfs_u16>((entry.mode & 07777u) | type_bits(entry.type));
    node.base.uid_idx = id(path, entry.uid);
    node.base.gid_idx = id(path, entry.gid);
    node.base.mod_time = static_cast<sqfs_u32>(std::clamp<std::int64_t>(entry.mtime.tv_sec, 0, UINT32_MAX));
    node.base.inode_number = static_cast<sqfs_u32>(nodes_.size());
    newest_ = std::max(newest_, node.base.mod_time);
    node.xattrs = add_xattrs(path, entry);
    node.inode = inode_of(entry);
    return node.base.inode_number;
}

sqfs_u16 SquashfsTree::id(const std::string& path, std::uint64_t id) const {
    sqfs_u16 index = 0;
    if (id > UINT32_MAX) refuse(path, "an owner that no file can have");
    const int result = sqfs_id_table_id_to_index(ids_.get(), static_cast<sqfs_u32>(id), &index);
    if (result == SQFS_ERROR_OVERFLOW) refuse(path, "more than 65536 users and groups");
    squashfs_check(result);
    return index;
}

std::uint32_t SquashfsTree::add_xattrs(const std::string& path, const TarEntry& entry) const {
    if (entry.xattrs.empty()) return kNoXattrs;
    squashfs_check(sqfs_xattr_writer_begin(xattrs_.get(), 0));
    for (const auto& [name, value] : entry.xattrs) {
        const int result = sqfs_xattr_writer_add(xattrs_.get(), name.c_str(), value.data(), value.size());
        if (result == SQFS_ERROR_UNSUPPORTED) refuse(path, fmt::format("an attribute '{}'", printable(name)));
        squashfs_check(result);
    }
    sqfs_u32 index = kNoXattrs;
    squashfs_check(sqfs_xattr_writer_end(xattrs_.get(), &index));
    return index;
}

void SquashfsTree::write(sqfs_file_t* file, sqfs_compressor_t* compressor, sqfs_frag_table_t* fragments, sqfs_super_t& super) {
    if (nodes_.empty()) throw Error("squashfs: there is no root directory");
    super.inode_count = static_cast<sqfs_u32>(nodes_.size());
    super.modification_time = newest_;
    super.inode_table_start = file->get_size(file);
    const auto inodes = squashfs_made(sqfs_meta_writer_create(file, compressor, 0));
    const auto names = squashfs_made(sqfs_meta_writer_create(file, compressor, SQFS_META_WRITER_KEEP_IN_MEMORY));
    const auto writer = squashfs_made(sqfs_dir_writer_create(names.get(), 0));
    // Those within another one come after it, and must be written before.
    for (auto directory = directories_.rbegin(); directory != directories_.rend(); ++directory)
        write_directory(*directory, inodes.get(), writer.get());
    squashfs_check(sqfs_meta_writer_flush(inodes.get()));
    super.root_inode_ref = nodes_.front().place;
    super.directory_table_start = file->get_size(file);
    squashfs_check(sqfs_meta_writer_flush(names.get()));
    squashfs_check(sqfs_meta_write_write_to_file(names.get()));
    squashfs_check(sqfs_frag_table_write(fragments, file, &super, compressor));
    squashfs_check(sqfs_id_table_write(ids_.get(), file, &super, compressor));
    squashfs_check(sqfs_xattr_writer_flush(xattrs_.get(), file, &super, compressor));
}

void SquashfsTree::write_directory(const Directory& directory, sqfs_meta_writer_t* inodes, sqfs_dir_writer_t* writer) {
    squashfs_check(sqfs_dir_writer_begin(writer, 0));
    for (const Member& member : directory.members) {
        Node& node = nodes_[member.number - 1];
        if (node.place == UINT64_MAX) write_inode(node, inodes);
        squashfs_check(sqfs_dir_writer_add_entry(writer, member.name.c_str(), member.number, node.place, node.base.mode));
    }
    squashfs_check(sqfs_dir_writer_end(writer));
    Node& node = nodes_[directory.number - 1];
    const auto parent = directory.parent != 0 ? directory.parent : static_cast<std::uint32_t>(nodes_.size()) + 1;
    node.inode = sqfs_dir_writer_create_inode(writer, 0, node.xattrs, parent);
    if (node.inode == nullptr) throw std::bad_alloc();
    if (node.inode->base.type == SQFS_INODE_EXT_DIR && directory.members.size() > kMaxIndexed) {
        node.inode->data.dir_ext.inodex_count = 0; // the kernel then looks at all of the names
        node.inode->payload_bytes_used = 0;
    }
    node.links = directory.directories + 2;
    write_inode(node, inodes);
}

void SquashfsTree::write_inode(Node& node, sqfs_meta_writer_t* inodes) {
    if (S_ISREG(node.base.mode) && node.links > 1) squashfs_check(sqfs_inode_make_extended(node.inode));
    if (node.xattrs != kNoXattrs) squashfs_check(sqfs_inode_set_xattr_index(node.inode, node.xattrs));
    node.base.type = node.inode->base.type;
    node.inode->base = node.base;
    set_links(*node.inode, node.links);
    sqfs_u64 block = 0;
    sqfs_u32 offset = 0;
    sqfs_meta_writer_get_position(inodes, &block, &offset);
    node.place = block << 16 | offset;
    squashfs_check(sqfs_meta_writer_write_inode(inodes, node.inode));
    sqfs_free(std::exchange(node.inode, nullptr));
}

} // namespace lxcpp::image
