// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/squashfs_object.h"
#include "image/tar_reader.h"

#include <cstdint>
#include <deque>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/super.h>
#include <sqfs/xattr_writer.h>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lxcpp::image {

// What an image has of names and inodes, until all of its files' data are written and it can be written itself.
class SquashfsTree {
public:
    SquashfsTree();
    SquashfsTree(const SquashfsTree&) = delete;
    SquashfsTree& operator=(const SquashfsTree&) = delete;
    ~SquashfsTree() = default;

    // In the order of SquashfsWriter. Returns where a file's inode goes, which stays there; nullptr for what has none
    // to be filled. Throws Error naming the member.
    sqfs_inode_generic_t** add(const TarEntry& entry);
    // Behind what is there; also the tables of owners and attributes. The super block learns where they are.
    void write(sqfs_file_t* file, sqfs_compressor_t* compressor, sqfs_frag_table_t* fragments, sqfs_super_t& super);

private:
    // Something that has one name, or several.
    struct Node {
        sqfs_inode_generic_t* inode = nullptr;
        sqfs_inode_t base{}; // goes into it
        std::uint32_t xattrs = 0;
        std::uint32_t links = 1;
        std::uint64_t place = UINT64_MAX; // not written yet

        Node() = default;
        Node(const Node&) = delete;
        Node& operator=(const Node&) = delete;
        ~Node() { sqfs_free(inode); }
    };
    struct Member {
        std::string name;
        std::uint32_t number; // of the inode: one more than that of the node
    };
    struct Directory {
        std::string path;
        std::uint32_t number = 0;
        std::uint32_t parent = 0; // 0: it is the root
        std::uint32_t directories = 0;
        std::vector<Member> members;
    };

    void open_directory(const std::string& path, std::uint32_t number);
    void add_name(const std::string& path, std::uint32_t number, bool directory);
    void add_link(const std::string& path, const TarEntry& entry);
    std::uint32_t add_node(const std::string& path, const TarEntry& entry);
    [[nodiscard]] sqfs_u16 id(const std::string& path, std::uint64_t id) const;
    [[nodiscard]] std::uint32_t add_xattrs(const std::string& path, const TarEntry& entry) const;
    void write_directory(const Directory& directory, sqfs_meta_writer_t* inodes, sqfs_dir_writer_t* writer);
    static void write_inode(Node& node, sqfs_meta_writer_t* inodes);

    std::deque<Node> nodes_;
    std::deque<Directory> directories_;
    std::vector<Directory*> open_; // from the root to that of the last member
    std::unordered_map<std::string_view, Directory*> by_path_;
    std::uint32_t newest_ = 0;
    SquashfsObject<sqfs_id_table_t> ids_;
    SquashfsObject<sqfs_xattr_writer_t> xattrs_;
};

} // namespace lxcpp::image
