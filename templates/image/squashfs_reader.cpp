// SPDX-License-Identifier: Apache-2.0
#include "image/squashfs_reader.h"

#include "base/strings.h"
#include "image/squashfs_object.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <exception>
#include <fmt/core.h>
#include <map>
#include <memory>
#include <set>
#include <sqfs/compressor.h>
#include <sqfs/data_reader.h>
#include <sqfs/dir.h>
#include <sqfs/dir_reader.h>
#include <sqfs/error.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/super.h>
#include <sqfs/xattr.h>
#include <sqfs/xattr_reader.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <utility>
#include <vector>

namespace lxcpp::image {
namespace {

constexpr std::size_t kRead = 256u << 10;
constexpr std::size_t kMaxDepth = 512;
constexpr std::size_t kMaxPath = 4096;
constexpr std::uint64_t kMaxNames = 5'000'000;               // of the whole image
constexpr std::size_t kMaxWaiting = std::size_t{256} << 20; // bytes of what is known of members to come
constexpr std::uint32_t kMaxXattrs = 64;
constexpr std::size_t kMaxXattrBytes = 64u << 10;

using Inode = SquashfsMemory<sqfs_inode_generic_t>;

// The image as libsquashfs reads it; what goes wrong must not pass through C.
struct Input {
    sqfs_file_t file{}; // first: the library knows this one
    HashedFile* from = nullptr;
    std::exception_ptr error;

    static int read_at(sqfs_file_t* file, sqfs_u64 offset, void* buffer, std::size_t size) noexcept {
        auto* self = reinterpret_cast<Input*>(file);
        try {
            self->from->read_at(offset, {static_cast<char*>(buffer), size});
            return 0;
        } catch (...) {
            self->error = std::current_exception();
            return SQFS_ERROR_IO;
        }
    }
    static sqfs_u64 get_size(const sqfs_file_t* file) noexcept { return reinterpret_cast<const Input*>(file)->from->size(); }
};

std::string_view reason(int result) {
    switch (result) {
    case SQFS_ERROR_ALLOC: return "out of memory";
    case SQFS_ERROR_COMPRESSOR: return "its data cannot be decompressed";
    case SQFS_ERROR_UNSUPPORTED: return "a kind of squashfs that is not known";
    case SQFS_ERROR_OUT_OF_BOUNDS: return "a place beyond its end";
    case SFQS_ERROR_SUPER_VERSION: return "not version 4";
    default: return "it makes no sense";
    }
}

// One name of a directory, with what it is. Where the directory is stands once for all of its names.
struct Member {
    std::shared_ptr<const std::string> directory; // nullptr: it is the root
    std::string name;
    Inode inode;
    std::size_t depth = 0;

    [[nodiscard]] std::string path() const { return directory ? *directory + '/' + name : name; }
    // A file of some gigabytes has a long list of blocks, and a small image can name it a million times.
    [[nodiscard]] std::size_t bytes() const { return sizeof *this + sizeof *inode + name.size() + inode->payload_bytes_available; }
};

TarType type_of(std::uint16_t mode) {
    switch (mode & S_IFMT) {
    case S_IFDIR: return TarType::Directory;
    case S_IFLNK: return TarType::Symlink;
    case S_IFCHR: return TarType::CharDevice;
    case S_IFBLK: return TarType::BlockDevice;
    case S_IFIFO: return TarType::Fifo;
    default: return TarType::File;
    }
}

bool is_extended(const sqfs_inode_generic_t& inode) { return inode.base.type >= SQFS_INODE_EXT_DIR; }

} // namespace

struct SquashfsReader::State {
    std::string what;
    Input input;
    sqfs_super_t super{};
    SquashfsObject<sqfs_compressor_t> compressor;
    SquashfsObject<sqfs_id_table_t> ids;
    SquashfsObject<sqfs_dir_reader_t> directories;
    SquashfsObject<sqfs_data_reader_t> data;
    SquashfsObject<sqfs_xattr_reader_t> xattrs;
    std::vector<Member> waiting; // the next one last
    std::size_t waiting_bytes = 0;
    std::uint64_t names = 0;
    std::set<std::uint32_t> listed;                  // inodes of directories: one within itself would have no end
    std::map<std::uint32_t, std::string> first_path; // of inodes with several names
    TarEntry entry;
    Inode current; // whose data is read
    std::uint64_t done = 0;
    std::vector<char> buffer = std::vector<char>(kRead);

    [[noreturn]] void fail(std::string_view problem) const {
        if (input.error) std::rethrow_exception(input.error);
        throw Error(fmt::format("{}: damaged: {}", what, problem));
    }
    void check(int result) const {
        if (result != 0) fail(reason(result));
    }
    template <typename Type>
    SquashfsObject<Type> made(Type* object) const {
        if (object == nullptr) fail("out of memory");
        return SquashfsObject<Type>(object);
    }

    void open() {
        check(sqfs_super_read(&super, &input.file));
        sqfs_compressor_config_t config;
        check(sqfs_compressor_config_init(&config, static_cast<SQFS_COMPRESSOR>(super.compression_id), super.block_size,
                                          SQFS_COMP_FLAG_UNCOMPRESS));
        sqfs_compressor_t* raw = nullptr;
        check(sqfs_compressor_create(&config, &raw));
        compressor = made(raw);
        if ((super.flags & SQFS_FLAG_COMPRESSOR_OPTIONS) != 0) check(raw->read_options(raw, &input.file));
        ids = made(sqfs_id_table_create(0));
        check(sqfs_id_table_read(ids.get(), &input.file, &super, raw));
        directories = made(sqfs_dir_reader_create(&super, raw, &input.file, 0));
        data = made(sqfs_data_reader_create(&input.file, super.block_size, raw, 0));
        check(sqfs_data_reader_load_fragment_table(data.get(), &super));
        xattrs = made(sqfs_xattr_reader_create(0));
        check(sqfs_xattr_reader_load(xattrs.get(), &super, &input.file, raw));
        sqfs_inode_generic_t* root = nullptr;
        check(sqfs_dir_reader_get_root_inode(directories.get(), &root));
        wait({.directory = nullptr, .name = ".", .inode = Inode(root)});
    }

    void wait(Member member) {
        waiting_bytes += member.bytes();
        if (waiting_bytes > kMaxWaiting || ++names > kMaxNames) fail("too many names");
        waiting.push_back(std::move(member));
    }

    Member take() {
        Member member = std::move(waiting.back());
        waiting.pop_back();
        waiting_bytes -= member.bytes();
        return member;
    }

    // The names of a directory wait, in front of all others.
    void list(const Member& directory) {
        if (directory.depth >= kMaxDepth) fail("too many directories deep");
        if (!listed.insert(directory.inode->base.inode_number).second) fail(fmt::format("'{}' stands elsewhere too", printable(entry.path)));
        const auto path = std::make_shared<const std::string>(entry.path);
        check(sqfs_dir_reader_open_dir(directories.get(), directory.inode.get(), 0));
        const auto before = waiting.size();
        for (;;) {
            sqfs_dir_entry_t* raw = nullptr;
            const int result = sqfs_dir_reader_read(directories.get(), &raw);
            if (result > 0) break;
            check(result);
            const SquashfsMemory<sqfs_dir_entry_t> name(raw);
            const std::string leaf(reinterpret_cast<const char*>(raw->name), std::size_t{raw->size} + 1);
            if (leaf.find('/') != leaf.npos || leaf.find('\0') != leaf.npos || leaf == "." || leaf == "..")
                fail(fmt::format("a name '{}'", printable(leaf)));
            sqfs_inode_generic_t* inode = nullptr;
            check(sqfs_dir_reader_get_inode(directories.get(), &inode));
            wait({path, leaf, Inode(inode), directory.depth + 1});
        }
        std::reverse(waiting.begin() + static_cast<std::ptrdiff_t>(before), waiting.end());
    }

    std::uint64_t id(std::uint16_t index) const {
        sqfs_u32 value = 0;
        check(sqfs_id_table_index_to_id(ids.get(), index, &value));
        return value;
    }

    void describe(const Member& member) {
        const auto& inode = *member.inode;
        entry = TarEntry{};
        entry.type = type_of(inode.base.mode);
        entry.path = member.path();
        if (entry.path.size() > kMaxPath) fail("too long a path");
        entry.mode = inode.base.mode & 07777u;
        entry.uid = id(inode.base.uid_idx);
        entry.gid = id(inode.base.gid_idx);
        entry.mtime.tv_sec = inode.base.mod_time;
        read_xattrs(inode);
        if (entry.type == TarType::Symlink) describe_link(inode);
        if (entry.type == TarType::CharDevice || entry.type == TarType::BlockDevice) {
            const auto device = is_extended(inode) ? inode.data.dev_ext.devno : inode.data.dev.devno;
            entry.major = major(device);
            entry.minor = minor(device);
        }
        if (entry.type == TarType::File) describe_file(inode);
    }

    void describe_link(const sqfs_inode_generic_t& inode) {
        const auto size = is_extended(inode) ? inode.data.slink_ext.target_size : inode.data.slink.target_size;
        if (size == 0 || size > 4096 || size > inode.payload_bytes_available) fail("a link with an unusable target");
        entry.link.assign(reinterpret_cast<const char*>(inode.extra), size);
        if (entry.link.find('\0') != entry.link.npos) fail("a link with an unusable target");
    }

    void describe_file(const sqfs_inode_generic_t& inode) {
        sqfs_u64 size = 0;
        check(sqfs_inode_get_file_size(&inode, &size));
        entry.size = size;
        if (inode.base.type != SQFS_INODE_EXT_FILE || inode.data.file_ext.nlink < 2) return;
        const auto [first, fresh] = first_path.emplace(inode.base.inode_number, entry.path);
        if (fresh) return;
        entry.type = TarType::HardLink;
        entry.link = first->second;
        entry.size = 0;
    }

    void read_xattrs(const sqfs_inode_generic_t& inode) {
        sqfs_u32 index = 0;
        check(sqfs_inode_get_xattr_index(&inode, &index));
        if (index == 0xffffffff) return;
        sqfs_xattr_id_t place{};
        check(sqfs_xattr_reader_get_desc(xattrs.get(), index, &place));
        if (place.count > kMaxXattrs) fail("too many attributes");
        check(sqfs_xattr_reader_seek_kv(xattrs.get(), &place));
        for (std::uint32_t i = 0; i < place.count; ++i) {
            sqfs_xattr_entry_t* key = nullptr;
            check(sqfs_xattr_reader_read_key(xattrs.get(), &key));
            const SquashfsMemory<sqfs_xattr_entry_t> key_holder(key);
            sqfs_xattr_value_t* value = nullptr;
            check(sqfs_xattr_reader_read_value(xattrs.get(), key, &value));
            const SquashfsMemory<sqfs_xattr_value_t> value_holder(value);
            if (value->size > kMaxXattrBytes) fail("too large an attribute");
            entry.xattrs.emplace_back(reinterpret_cast<const char*>(key->key),
                                      std::string(reinterpret_cast<const char*>(value->value), value->size));
        }
    }
};

bool is_squashfs(std::span<const char> head) noexcept {
    return head.size() >= 4 && std::string_view(head.data(), 4) == "hsqs";
}

SquashfsReader::SquashfsReader(HashedFile& file, std::string what) : state_(std::make_unique<State>()) {
    state_->what = std::move(what);
    state_->input.from = &file;
    state_->input.file.read_at = &Input::read_at;
    state_->input.file.get_size = &Input::get_size;
    state_->open();
}

SquashfsReader::~SquashfsReader() = default;

const TarEntry* SquashfsReader::next() {
    State& state = *state_;
    while (!state.waiting.empty()) {
        Member member = state.take();
        if ((member.inode->base.mode & S_IFMT) == S_IFSOCK) continue;
        state.describe(member);
        if (state.entry.type == TarType::Directory) state.list(member);
        state.current = std::move(member.inode);
        state.done = 0;
        return &state.entry;
    }
    return nullptr;
}

std::span<const char> SquashfsReader::read() {
    State& state = *state_;
    if (state.entry.type != TarType::File || state.done == state.entry.size) return {};
    const auto want = static_cast<sqfs_u32>(std::min<std::uint64_t>(state.buffer.size(), state.entry.size - state.done));
    const auto got = sqfs_data_reader_read(state.data.get(), state.current.get(), state.done, state.buffer.data(), want);
    if (got <= 0) state.fail(got < 0 ? reason(got) : "it ends too early");
    state.done += static_cast<std::uint64_t>(got);
    return std::span(state.buffer).first(static_cast<std::size_t>(got));
}

} // namespace lxcpp::image
