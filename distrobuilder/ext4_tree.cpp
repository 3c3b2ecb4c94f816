// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/ext4_tree.h"

#include "base/strings.h"
#include "distrobuilder/ext4_input.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <fmt/core.h>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <sys/stat.h>
#include <utility>
#include <vector>

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

namespace lxcpp::distro {
namespace {

using image::TarType;

constexpr std::size_t kRead = 256u << 10;
constexpr std::size_t kMaxDepth = 512;
constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxNames = 5'000'000; // of the whole file system
constexpr std::size_t kMaxXattrs = 64;
constexpr std::size_t kMaxXattrBytes = 64u << 10;
constexpr std::size_t kMaxExtents = 1'000'000;
constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 30;
constexpr std::uint64_t kSuperblock = 1024;
constexpr std::size_t kSuperblockSize = 1024;
constexpr std::uint32_t kMaxInodes = 64u << 20;

std::uint64_t little(std::string_view bytes) {
    std::uint64_t value = 0;
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) value = value << 8 | static_cast<unsigned char>(*byte);
    return value;
}

struct CloseFilesystem {
    void operator()(struct_ext2_filsys* fs) const noexcept { ext2fs_free(fs); } // nothing is to be written
};
struct CloseFile {
    void operator()(ext2_file* file) const noexcept { ext2fs_file_close(file); }
};
struct CloseXattrs {
    void operator()(ext2_xattr_handle* xattrs) const noexcept { ext2fs_xattrs_close(&xattrs); }
};

// One name of a directory. Where that is stands once for all of its names.
struct Member {
    std::shared_ptr<const std::string> directory; // nullptr: it is the root
    std::string name;
    ext2_ino_t inode = 0;
    std::size_t depth = 0;

    [[nodiscard]] std::string path() const { return directory ? *directory + '/' + name : name; }
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

// What the callbacks below gather. They must not throw: the library stands between them and us.
struct Names {
    std::map<std::string, ext2_ino_t> found;
    std::exception_ptr error;
    bool bad = false;

    static int add(ext2_ino_t, int, ext2_dir_entry* entry, int, int, char*, void* data) noexcept {
        auto* self = static_cast<Names*>(data);
        try {
            const std::string name(entry->name, static_cast<std::size_t>(ext2fs_dirent_name_len(entry)));
            if (name == "." || name == "..") return 0;
            const bool usable = !name.empty() && name.find('/') == name.npos && name.find('\0') == name.npos;
            self->bad = !usable || self->found.size() >= kMaxNames || !self->found.emplace(name, entry->inode).second;
            return self->bad ? DIRENT_ABORT : 0;
        } catch (...) {
            self->error = std::current_exception();
            return DIRENT_ABORT;
        }
    }
};

struct Extents {
    std::vector<image::TarExtent> found;
    std::uint64_t block = 0; // bytes
    std::uint64_t size = 0;  // of the file
    std::exception_ptr error;
    bool bad = false;

    static int add(ext2_filsys, blk64_t*, e2_blkcnt_t number, blk64_t, int, void* data) noexcept {
        auto* self = static_cast<Extents*>(data);
        try {
            return self->add_block(number) ? 0 : BLOCK_ABORT;
        } catch (...) {
            self->error = std::current_exception();
            return BLOCK_ABORT;
        }
    }
    bool add_block(e2_blkcnt_t number) {
        if (number < 0) return true; // not of the data
        const std::uint64_t offset = static_cast<std::uint64_t>(number) * block;
        if (offset >= size) return true; // allocated beyond its end
        const std::uint64_t length = std::min(block, size - offset);
        const std::uint64_t end = found.empty() ? 0 : found.back().offset + found.back().length;
        bad = offset < end || found.size() >= kMaxExtents;
        if (bad) return false;
        if (!found.empty() && offset == end) found.back().length += length;
        else found.push_back({offset, length});
        return true;
    }
};

struct Xattrs {
    std::vector<std::pair<std::string, std::string>> found;
    std::exception_ptr error;
    bool bad = false;
    std::size_t bytes = 0;

    static int add(char* name, char* value, std::size_t size, void* data) noexcept {
        auto* self = static_cast<Xattrs*>(data);
        try {
            self->bytes += std::strlen(name) + size;
            self->bad = self->found.size() >= kMaxXattrs || self->bytes > kMaxXattrBytes;
            if (self->bad) return XATTR_ABORT;
            self->found.emplace_back(name, std::string(value, size));
            return 0;
        } catch (...) {
            self->error = std::current_exception();
            return XATTR_ABORT;
        }
    }
};

} // namespace

struct Ext4Reader::State {
    Ext4Input input;
    std::unique_ptr<struct_ext2_filsys, CloseFilesystem> fs;
    std::vector<Member> waiting; // the next one last
    std::size_t names = 0;
    std::uint64_t bytes = 0;
    std::set<ext2_ino_t> directories;                // one that stands at two places would have no end
    std::map<ext2_ino_t, std::string> first_path;    // of inodes with several names
    image::TarEntry entry;
    std::unique_ptr<ext2_file, CloseFile> data;      // of the current file
    std::size_t extent = 0;                          // that is read
    std::uint64_t done = 0;                          // of it, or of a file without
    std::vector<char> buffer = std::vector<char>(kRead);

    State(FdRef file, ByteRange range, std::string what) : input(file, range, std::move(what)) {}

    [[noreturn]] void fail(std::string_view problem) const {
        if (input.error) std::rethrow_exception(input.error);
        throw Error(fmt::format("{}: damaged: {}", input.what, problem));
    }
    void check(errcode_t result, std::string_view doing) const {
        if (result == EXT2_ET_NO_MEMORY) fail(fmt::format("{}: more memory would be needed than there is", doing));
        if (result == EXT2_ET_SHORT_READ) fail(fmt::format("{}: a place beyond its end", doing));
        if (result != 0) fail(fmt::format("{}: it makes no sense (libext2fs {:#x})", doing, static_cast<unsigned long>(result)));
    }
    template <typename Gathered>
    void check_gathered(const Gathered& gathered, std::string_view problem) const {
        if (gathered.error) std::rethrow_exception(gathered.error);
        if (gathered.bad) fail(problem);
    }

    // What the library would allocate memory for by, before it looks.
    void check_superblock() {
        std::string raw(kSuperblockSize, '\0');
        check(input.range.size < 2 * kSuperblock ? EXT2_ET_SHORT_READ : input.read(kSuperblock, raw), "its superblock");
        const std::string_view view = raw;
        if (little(view.substr(0x38, 2)) != EXT2_SUPER_MAGIC) throw Error(input.what + ": it is no ext4 file system");
        const auto log_block = little(view.substr(0x18, 4));
        if (log_block > 6) fail("blocks of unusual size");
        const bool wide = (little(view.substr(0x60, 4)) & EXT4_FEATURE_INCOMPAT_64BIT) != 0;
        const std::uint64_t blocks = little(view.substr(0x4, 4)) | (wide ? little(view.substr(0x150, 4)) << 32 : 0);
        if (blocks > input.range.size >> (10 + log_block)) fail("it is cut off, or larger than its place");
        if (little(view.substr(0x0, 4)) > kMaxInodes) fail("too many inodes");
        // Of at least 256 blocks each, or the table of groups would be the largest part of it.
        if (little(view.substr(0x20, 4)) < 256) fail("too small groups");
        if ((little(view.substr(0x60, 4)) & EXT3_FEATURE_INCOMPAT_RECOVER) != 0)
            throw Error(input.what + ": the file system was not unmounted, and its journal is not read");
    }

    void open() {
        check_superblock();
        ext2_filsys raw = nullptr;
        const auto result = ext2fs_open2(input.name().c_str(), nullptr, EXT2_FLAG_64BITS, 0, 0, &input.manager, &raw);
        if (result == EXT2_ET_UNSUPP_FEATURE || result == EXT2_ET_RO_UNSUPP_FEATURE)
            throw Error(input.what + ": the file system uses features that are not known");
        check(result, "its superblock");
        fs.reset(raw);
        waiting.push_back({nullptr, ".", EXT2_ROOT_INO});
    }

    ext2_inode_large read_inode(const Member& member) const {
        ext2_inode_large inode{};
        check(ext2fs_read_inode_full(fs.get(), member.inode, reinterpret_cast<ext2_inode*>(&inode), sizeof inode), member_name(member));
        if (inode.i_links_count == 0 || inode.i_mode == 0) fail(fmt::format("{}: a name of nothing", member_name(member)));
        return inode;
    }
    static std::string member_name(const Member& member) { return fmt::format("'{}'", printable(member.path())); }

    // The names of a directory wait, in front of all others.
    void list(const Member& directory) {
        if (directory.depth >= kMaxDepth) fail("too many directories deep");
        if (!directories.insert(directory.inode).second) fail(fmt::format("{}: a directory that stands elsewhere too", member_name(directory)));
        Names all;
        check(ext2fs_dir_iterate2(fs.get(), directory.inode, 0, nullptr, Names::add, &all), member_name(directory));
        check_gathered(all, fmt::format("{}: a name that cannot be", member_name(directory)));
        names += all.found.size();
        if (names > kMaxNames) fail("too many names");
        const auto path = std::make_shared<const std::string>(directory.path());
        for (auto name = all.found.rbegin(); name != all.found.rend(); ++name) {
            if (directory.depth == 0 && name->first == "lost+found") continue;
            waiting.push_back({path, name->first, name->second, directory.depth + 1});
        }
    }

    void describe(const Member& member, ext2_inode_large& inode) {
        entry = image::TarEntry{};
        entry.type = type_of(inode.i_mode);
        entry.path = member.path();
        if (entry.path.size() > kMaxPath) fail("too long a path");
        entry.mode = inode.i_mode & 07777u;
        entry.uid = inode_uid(inode);
        entry.gid = inode_gid(inode);
        describe_time(inode);
        const bool large = EXT2_INODE_SIZE(fs->super) > EXT2_GOOD_OLD_INODE_SIZE;
        if (large || inode.i_file_acl != 0) describe_xattrs(member);
        if (entry.type == TarType::Symlink) describe_link(member, inode);
        if (entry.type == TarType::File) describe_file(member, inode);
    }

    // The low two bits of the part that newer inodes have are those above 32 of the seconds.
    void describe_time(const ext2_inode_large& inode) {
        entry.mtime.tv_sec = static_cast<std::int32_t>(inode.i_mtime);
        constexpr std::size_t kEnd = offsetof(ext2_inode_large, i_mtime_extra) + sizeof inode.i_mtime_extra;
        if (EXT2_INODE_SIZE(fs->super) < kEnd || std::size_t{EXT2_GOOD_OLD_INODE_SIZE} + inode.i_extra_isize < kEnd) return;
        entry.mtime.tv_sec += static_cast<std::int64_t>(inode.i_mtime_extra & 3u) << 32;
        entry.mtime.tv_nsec = std::min<long>(inode.i_mtime_extra >> 2, 999'999'999);
    }

    void describe_xattrs(const Member& member) {
        ext2_xattr_handle* raw = nullptr;
        check(ext2fs_xattrs_open(fs.get(), member.inode, &raw), member_name(member));
        const std::unique_ptr<ext2_xattr_handle, CloseXattrs> handle(raw);
        check(ext2fs_xattrs_read(raw), fmt::format("attributes of {}", member_name(member)));
        Xattrs all;
        check(ext2fs_xattrs_iterate(raw, Xattrs::add, &all), fmt::format("attributes of {}", member_name(member)));
        check_gathered(all, fmt::format("{}: too many attributes", member_name(member)));
        entry.xattrs = std::move(all.found);
    }

    void describe_link(const Member& member, ext2_inode_large& inode) {
        const auto size = EXT2_I_SIZE(&inode);
        if (size == 0 || size >= 4096) fail(fmt::format("{}: a link with an unusable target", member_name(member)));
        if (ext2fs_is_fast_symlink(reinterpret_cast<ext2_inode*>(&inode)) != 0) {
            if (size > sizeof inode.i_block) fail(fmt::format("{}: a link with an unusable target", member_name(member)));
            entry.link.assign(reinterpret_cast<const char*>(inode.i_block), size);
        } else {
            open_data(member);
            entry.link = std::string(read_data(member.path(), size));
            data.reset();
        }
        if (entry.link.find('\0') != entry.link.npos) fail(fmt::format("{}: a link with an unusable target", member_name(member)));
    }

    void describe_file(const Member& member, const ext2_inode_large& inode) {
        if (inode.i_links_count > 1) {
            const auto [first, fresh] = first_path.emplace(member.inode, entry.path);
            if (!fresh) {
                entry.type = TarType::HardLink;
                entry.link = first->second;
                return;
            }
        }
        entry.size = EXT2_I_SIZE(&inode);
        if (entry.size > kMaxBytes || (bytes += entry.size) > kMaxBytes) fail(fmt::format("{}: more content than can be", member_name(member)));
        if (entry.size == 0) return;
        open_data(member);
        if ((inode.i_flags & EXT4_INLINE_DATA_FL) == 0) describe_holes(member);
    }

    void describe_holes(const Member& member) {
        Extents all;
        all.block = fs->blocksize;
        all.size = entry.size;
        check(ext2fs_block_iterate3(fs.get(), member.inode, BLOCK_FLAG_DATA_ONLY | BLOCK_FLAG_READ_ONLY, nullptr, Extents::add, &all), member_name(member));
        check_gathered(all, fmt::format("{}: places of its content that cannot be", member_name(member)));
        if (all.found.size() == 1 && all.found[0].offset == 0 && all.found[0].length == entry.size) return;
        entry.sparse = true;
        entry.extents = std::move(all.found);
    }

    void open_data(const Member& member) {
        ext2_file_t raw = nullptr;
        check(ext2fs_file_open(fs.get(), member.inode, 0, &raw), member_name(member));
        data.reset(raw);
    }
    std::string_view read_data(std::string_view path, std::uint64_t size) {
        unsigned int got = 0;
        const auto want = static_cast<unsigned int>(std::min<std::uint64_t>(buffer.size(), size));
        const std::string name = fmt::format("'{}'", printable(path));
        check(ext2fs_file_read(data.get(), buffer.data(), want, &got), name);
        if (got == 0 || got > want) fail(fmt::format("{}: it ends too early", name));
        return {buffer.data(), got};
    }

    // What is read next: the bytes that are left, of the file or of its extent. Moves on to the extent.
    std::uint64_t left() {
        if (!entry.sparse) return entry.size - done;
        while (extent < entry.extents.size() && done == entry.extents[extent].length) ++extent, done = 0;
        if (extent == entry.extents.size()) return 0;
        const auto& place = entry.extents[extent];
        if (done == 0) check(ext2fs_file_llseek(data.get(), place.offset, EXT2_SEEK_SET, nullptr), "a file");
        return place.length - done;
    }
};

Ext4Reader::Ext4Reader(FdRef file, ByteRange range, std::string what) : state_(std::make_unique<State>(file, range, std::move(what))) {
    state_->open();
}

Ext4Reader::~Ext4Reader() = default;

const image::TarEntry* Ext4Reader::next() {
    State& state = *state_;
    state.data.reset();
    while (!state.waiting.empty()) {
        const Member member = std::move(state.waiting.back());
        state.waiting.pop_back();
        auto inode = state.read_inode(member);
        if ((inode.i_mode & S_IFMT) == S_IFSOCK) continue;
        if (member.depth == 0 && !S_ISDIR(inode.i_mode)) state.fail("its root is no directory");
        state.describe(member, inode);
        if (state.entry.type == TarType::Directory) state.list(member);
        state.extent = 0;
        state.done = 0;
        return &state.entry;
    }
    return nullptr;
}

std::span<const char> Ext4Reader::read() {
    State& state = *state_;
    if (state.entry.type != TarType::File || state.data == nullptr) return {};
    const std::uint64_t left = state.left();
    if (left == 0) return {};
    const auto part = state.read_data(state.entry.path, left);
    state.done += part.size();
    return {part.data(), part.size()};
}

bool is_ext4(FdRef file, ByteRange range, const std::string& what) {
    if (range.size < 2 * kSuperblock) return false;
    std::string magic(2, '\0');
    return sys::read_at(file, magic, range.offset + kSuperblock + 0x38, what) == 2 && little(magic) == EXT2_SUPER_MAGIC;
}

std::uint64_t unpack_ext4(FdRef file, ByteRange range, const std::string& what, const sys::RootedDir& to, const image::TreeWriterOptions& options) {
    Ext4Reader reader(file, range, what);
    image::TreeWriter writer(to, options);
    while (const auto* entry = reader.next()) writer.write(*entry, reader);
    writer.finish();
    return writer.skipped_devices();
}

} // namespace lxcpp::distro
