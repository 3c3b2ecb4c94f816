// SPDX-License-Identifier: Apache-2.0
#include "image/pack.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "image/chunk_queue.h"
#include "image/squashfs_writer.h"
#include "image/tar_writer.h"
#include "image/tree_sums.h"
#include "image/tree_walk.h"
#include "image/tree_writer.h"
#include "sys/file.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <exception>
#include <fcntl.h>
#include <fmt/core.h>
#include <fnmatch.h>
#include <map>
#include <sys/sysmacros.h>
#include <thread>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::size_t kChunk = 256u << 10;
constexpr std::size_t kWaiting = 4u << 20;
constexpr std::uint32_t kIds = 65536;

// Counts and hashes an archive's bytes.
class ArchiveDigest {
public:
    explicit ArchiveDigest(const PackOptions& options) : combined_(options.combined) {}
    void update(std::string_view bytes) {
        size_ += bytes.size();
        hash_.update(bytes);
        if (combined_) combined_->update(bytes);
    }
    void finish(Packed& packed) {
        packed.size = size_;
        packed.sha256 = hash_.finish_hex();
        if (combined_) packed.combined = combined_->finish_hex();
    }

private:
    std::uint64_t size_ = 0;
    Sha256 hash_;
    std::optional<Sha256> combined_;
};

// Compresses, hashes and writes what it is given, in a thread of its own.
class ArchiveOutput {
public:
    ArchiveOutput(FdRef to, const PackOptions& options)
        : digest_(options), plain_(options.plain_digest ? std::optional<Sha256>(Sha256()) : std::nullopt),
          thread_([this, to, compression = options.compression, compressor = options.compressor] { run(to, compression, compressor); }) {}
    ArchiveOutput(const ArchiveOutput&) = delete;
    ArchiveOutput& operator=(const ArchiveOutput&) = delete;
    ~ArchiveOutput() {
        if (!thread_.joinable()) return;
        queue_.fail(std::make_exception_ptr(Error("the archive was given up")));
        thread_.join();
    }

    void put(std::string_view bytes) {
        while (!bytes.empty()) {
            if (chunk_.empty()) chunk_ = queue_.chunk(kChunk);
            const auto part = bytes.substr(0, chunk_.size() - used_);
            std::copy(part.begin(), part.end(), chunk_.begin() + static_cast<std::ptrdiff_t>(used_));
            used_ += part.size();
            bytes.remove_prefix(part.size());
            if (used_ == chunk_.size()) flush();
        }
    }

    void finish(Packed& packed) {
        flush();
        queue_.end_part(0);
        queue_.end(1);
        join();
        digest_.finish(packed);
        if (plain_) packed.plain_sha256 = plain_->finish_hex();
    }

private:
    void flush() {
        if (used_ == 0) return;
        chunk_.resize(used_);
        used_ = 0;
        if (!queue_.put(0, std::exchange(chunk_, {}))) join();
    }

    void join() {
        thread_.join();
        if (error_) std::rethrow_exception(error_);
    }

    void run(FdRef to, Compression compression, const CompressorOptions& options) noexcept {
        try {
            Compressor compressor(
                compression,
                [&](std::string_view bytes) {
                    digest_.update(bytes);
                    sys::write_all(to, bytes, "the archive");
                },
                options);
            std::vector<char> buffer(kChunk);
            while (const auto count = queue_.take(buffer)) {
                if (plain_) plain_->update(std::string_view(buffer.data(), count));
                compressor.write({buffer.data(), count});
            }
            compressor.finish();
        } catch (...) {
            error_ = std::current_exception();
            queue_.stop();
        }
    }

    ChunkQueue queue_{kWaiting};
    ChunkQueue::Chunk chunk_;
    std::size_t used_ = 0;
    ArchiveDigest digest_;
    std::optional<Sha256> plain_;
    std::exception_ptr error_;
    std::thread thread_; // last: it uses all of the above
};

void add_file(MemberWriter& tar, const std::string& name, const std::string& content, std::time_t time) {
    TarEntry entry;
    entry.path = name;
    entry.mode = 0644;
    entry.size = content.size();
    entry.mtime.tv_sec = time;
    tar.add(entry);
    tar.data(content);
}

class Packing {
public:
    Packing(const sys::RootedDir& from, MemberWriter& to, const PackOptions& options, ProgressPhase& phase)
        : from_(from), to_(to), options_(options), phase_(phase) {}

    Packed run() {
        const auto info = sys::stat_fd(from_.fd());
        TarEntry top = entry_of("", TarType::Directory, info);
        top.xattrs = attributes(from_.open_at("", O_RDONLY | O_DIRECTORY), "");
        to_.add(top);
        pack_directory(from_, "");
        to_.finish();
        return packed_;
    }

    void add_files() {
        for (const auto& [name, content] : options_.files) add_file(to_, name, content, options_.newest.value_or(0));
    }

private:
    [[nodiscard]] std::uint64_t plain_id(std::uint32_t id, const std::string& path) const {
        if (id < options_.first_id || id - options_.first_id >= kIds)
            throw Error(fmt::format("pack '{}': it belongs to {}, which is none of the ids from {} on", printable(path), id,
                                    options_.first_id));
        return id - options_.first_id;
    }

    [[nodiscard]] std::string name_of(const std::string& path, bool directory) const {
        const std::string top = options_.below.empty() ? "." : options_.below;
        return top + (path.empty() ? "" : "/") + path + (directory ? "/" : "");
    }

    [[nodiscard]] TarEntry entry_of(const std::string& path, TarType type, const struct stat& info) const {
        TarEntry entry;
        entry.type = type;
        entry.path = name_of(path, type == TarType::Directory);
        entry.mode = info.st_mode & 07777u;
        entry.uid = plain_id(info.st_uid, path);
        entry.gid = plain_id(info.st_gid, path);
        entry.mtime = info.st_mtim;
        if (options_.newest && entry.mtime.tv_sec >= *options_.newest) entry.mtime = {*options_.newest, 0};
        return entry;
    }

    static Xattrs attributes(FdRef fd, const std::string& path) {
        Xattrs wanted;
        for (auto& [name, value] : sys::read_xattrs(fd, path)) {
            if (!is_portable_xattr(name)) continue;
            if (name == "security.capability") value = plain_capability(std::move(value));
            wanted.emplace_back(std::move(name), std::move(value));
        }
        return wanted;
    }

    [[nodiscard]] bool is_excluded(const std::string& path) const {
        return std::any_of(options_.excludes.begin(), options_.excludes.end(), [&](const std::string& pattern) {
            return ::fnmatch(pattern.c_str(), path.c_str(), FNM_LEADING_DIR) == 0;
        });
    }

    void pack_directory(const sys::RootedDir& directory, const std::string& path) {
        auto members = directory.list();
        std::sort(members.begin(), members.end(),
                  [](const sys::DirEntry& a, const sys::DirEntry& b) { return a.name < b.name; });
        for (const sys::DirEntry& member : members) {
            const std::string name = join_path(path, member.name);
            if (!is_excluded(name)) pack_member(directory, member.name, name);
        }
    }

    void pack_member(const sys::RootedDir& directory, const std::string& leaf, const std::string& path) {
        const auto info = directory.stat(leaf);
        if (!info) return; // somebody removed it meanwhile
        phase_.update(++packed_.entries);
        switch (info->st_mode & S_IFMT) {
        case S_IFDIR: return pack_sub_directory(directory, leaf, path, *info);
        case S_IFREG: return pack_file(directory, leaf, path, *info);
        case S_IFLNK: return pack_link(directory, leaf, path, *info);
        case S_IFIFO: return to_.add(entry_of(path, TarType::Fifo, *info));
        case S_IFCHR:
        case S_IFBLK: return pack_device(path, *info);
        default: --packed_.entries; return; // a socket belongs to its process
        }
    }

    void pack_sub_directory(const sys::RootedDir& directory, const std::string& leaf, const std::string& path,
                            const struct stat& info) {
        const sys::RootedDir inner = directory.sub_dir(leaf);
        TarEntry entry = entry_of(path, TarType::Directory, info);
        entry.xattrs = attributes(inner.open_at("", O_RDONLY | O_DIRECTORY), path);
        to_.add(entry);
        pack_directory(inner, path);
    }

    void pack_link(const sys::RootedDir& directory, const std::string& leaf, const std::string& path,
                   const struct stat& info) {
        TarEntry entry = entry_of(path, TarType::Symlink, info);
        entry.mode = 0777;
        entry.link = directory.read_link(leaf).value_or("");
        to_.add(entry);
    }

    void pack_device(const std::string& path, const struct stat& info) {
        if (!options_.devices || info.st_rdev == 0) { // 0:0 is an overlay's whiteout, never a device
            --packed_.entries;
            return;
        }
        TarEntry entry = entry_of(path, S_ISCHR(info.st_mode) ? TarType::CharDevice : TarType::BlockDevice, info);
        entry.major = major(info.st_rdev);
        entry.minor = minor(info.st_rdev);
        to_.add(entry);
    }

    // True for the second and later names of a file.
    bool pack_hard_link(const std::string& path, const struct stat& info) {
        if (info.st_nlink < 2) return false;
        const auto [first, fresh] = first_path_.emplace(std::pair{info.st_dev, info.st_ino}, path);
        if (fresh) return false;
        TarEntry entry = entry_of(path, TarType::HardLink, info);
        entry.link = name_of(first->second, false);
        to_.add(entry);
        return true;
    }

    void pack_file(const sys::RootedDir& directory, const std::string& leaf, const std::string& path,
                   const struct stat& found) {
        const Fd file = directory.open_at(leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        const auto info = sys::stat_fd(file);
        if (!S_ISREG(info.st_mode) || info.st_ino != found.st_ino)
            throw Error(fmt::format("pack '{}': somebody exchanged it", printable(path)));
        if (pack_hard_link(path, info)) return;
        TarEntry entry = entry_of(path, TarType::File, info);
        entry.xattrs = attributes(file, path);
        if (const auto content = options_.content ? options_.content(path) : std::nullopt) {
            entry.size = content->size();
            to_.add(entry);
            return to_.data(*content);
        }
        entry.size = static_cast<std::uint64_t>(info.st_size);
        entry.extents.push_back({0, entry.size});
        if (static_cast<std::uint64_t>(info.st_blocks) * 512 < entry.size) find_holes(file, path, entry);
        to_.add(entry);
        for (const TarExtent& extent : entry.extents) pack_extent(file, path, extent);
        packed_.bytes += entry.size;
    }

    static void find_holes(FdRef file, const std::string& path, TarEntry& entry) {
        entry.extents.clear();
        for (const auto& [offset, length] : sys::data_extents(file, entry.size, path))
            entry.extents.push_back({offset, length});
        entry.sparse = entry.extents != std::vector<TarExtent>{{0, entry.size}};
    }

    void pack_extent(FdRef file, const std::string& path, TarExtent extent) {
        while (extent.length != 0) {
            const auto want = std::span(buffer_).first(std::min<std::uint64_t>(buffer_.size(), extent.length));
            auto got = sys::read_at(file, want, extent.offset, path);
            if (got == 0) { // its size was promised
                std::fill(want.begin(), want.end(), '\0');
                got = want.size();
                packed_.changed += path == changed_path_ ? 0 : 1;
                changed_path_ = path;
            }
            to_.data({buffer_.data(), got});
            extent.offset += got;
            extent.length -= got;
        }
    }

    const sys::RootedDir& from_;
    MemberWriter& to_;
    const PackOptions& options_;
    ProgressPhase& phase_;
    Packed packed_;
    std::map<std::pair<dev_t, ino_t>, std::string> first_path_;
    std::string changed_path_;
    std::vector<char> buffer_ = std::vector<char>(kChunk);
};

} // namespace

namespace {

Packed pack_tar(const sys::RootedDir& from, FdRef to, const PackOptions& options, ProgressPhase& phase) {
    ArchiveOutput output(to, options);
    TarWriter tar([&](std::string_view bytes) { output.put(bytes); });
    Packing packing(from, tar, options, phase);
    packing.add_files();
    Packed packed = packing.run();
    output.finish(packed);
    return packed;
}

Packed pack_squashfs(const sys::RootedDir& from, FdRef to, const PackOptions& options, ProgressPhase& phase) {
    if (!options.files.empty() || !options.below.empty()) throw Error("a squashfs image is a root file system and nothing else");
    SquashfsWriter image(to, *options.squashfs);
    Packed packed = Packing(from, image, options, phase).run();
    ArchiveDigest digest(options);
    image.read_all([&](std::string_view bytes) { digest.update(bytes); });
    digest.finish(packed);
    return packed;
}

} // namespace

Packed pack_tree(const sys::RootedDir& from, FdRef to, const PackOptions& options,
                 ProgressSink& progress) {
    ProgressPhase phase(progress, "Packing files", 0); // as many as it counts
    Packed packed = options.squashfs ? pack_squashfs(from, to, options, phase)
                                     : pack_tar(from, to, options, phase);
    phase.end(format_amount(packed.size, ProgressUnit::Bytes));
    return packed;
}

Packed pack_files(FdRef to, const PackOptions& options) {
    Packed packed;
    ArchiveOutput output(to, options);
    TarWriter tar([&](std::string_view bytes) { output.put(bytes); });
    for (const auto& [name, content] : options.files) {
        add_file(tar, name, content, options.newest.value_or(0));
        ++packed.entries;
    }
    tar.finish();
    output.finish(packed);
    return packed;
}

} // namespace lxcpp::image
