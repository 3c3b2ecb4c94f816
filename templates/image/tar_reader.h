// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/tar_sparse.h"

#include <array>
#include <cstdint>
#include <ctime>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lxcpp::image {

enum class TarType { File, HardLink, Symlink, Directory, Fifo, CharDevice, BlockDevice };

// One member of a tar archive, as the archive has it: nothing in it can be trusted yet.
struct TarEntry {
    TarType type = TarType::File;
    std::string path;
    std::string link; // target of a symlink, path of the member a hard link repeats
    std::uint32_t mode = 0; // permission bits, at most 07777
    std::uint64_t uid = 0;
    std::uint64_t gid = 0;
    std::uint64_t size = 0; // of the file; 0 unless File
    bool sparse = false;    // it has holes: the data that follows is for its extents only
    std::vector<TarExtent> extents;
    timespec mtime{};       // clamped to what file systems hold
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::vector<std::pair<std::string, std::string>> xattrs; // from SCHILY.xattr.*
};

// Fills the buffer as far as the stream goes; 0 = end. Throws.
using ByteSource = std::function<std::size_t(std::span<char>)>;
using ViewSource = std::function<std::span<const char>(std::size_t)>;

// Gives the members of an archive one after the other.
class MemberReader {
public:
    MemberReader() = default;
    MemberReader(const MemberReader&) = default;
    MemberReader& operator=(const MemberReader&) = default;
    virtual ~MemberReader() = default;

    // The next member (valid until the call after), nullptr at the end. Unread data is skipped.
    [[nodiscard]] virtual const TarEntry* next() = 0;
    // Data of the current file; empty at its end. The bytes are valid until the next call.
    [[nodiscard]] virtual std::span<const char> read() = 0;
};

// Marked: an archive without its end mark was cut off. Open: it may also end after any member, for one whose bytes a digest
// vouches for; some write layers of OCI images so.
enum class TarEnd { Marked, Open };

// Reads tar: ustar, GNU (long names, base-256 numbers, sparse files) and pax with local headers. Strict,
// so that no two readers can see two different archives: bad checksums, cut-off members, unknown types,
// bad maps of sparse files, global pax headers with more than comments, malformed pax records, names
// with NUL or of more than 4096 bytes, and data on links are refused by Error. After the end mark only
// zero bytes may follow.
class TarReader final : public MemberReader {
public:
    // what names the archive in messages. view, where there is one, gives the next bytes of source without a copy: at most
    // as many as it is asked for, valid until the next call of either; empty at the end.
    TarReader(ByteSource source, std::string what, TarEnd end = TarEnd::Marked, ViewSource view = {})
        : source_(std::move(source)), view_(std::move(view)), what_(std::move(what)), end_(end) {}

    [[nodiscard]] const TarEntry* next() override;
    [[nodiscard]] std::span<const char> read() override;

private:
    using Block = std::array<char, 512>;
    struct Overrides; // what long-name and pax headers say of the member that follows

    [[nodiscard]] bool read_block(Block& block);
    void read_exactly(std::span<char> into);
    [[nodiscard]] std::string read_payload(std::uint64_t size, std::uint64_t limit);
    void skip_data();
    void finish();
    void read_pax(std::string_view text, Overrides& overrides);
    void read_global_pax(std::string_view text) const;
    void add_xattr(std::string_view name, std::string_view value, Overrides& overrides);
    void apply_pax(std::string_view key, std::string_view value, Overrides& overrides);
    [[nodiscard]] bool read_extension(char type, std::uint64_t size, Overrides& overrides);
    void read_member(const Block& block, std::uint64_t header_size, Overrides overrides);
    void read_sparse(const Block& block, TarSparse& sparse);
    void read_old_sparse(const Block& block, TarSparse& sparse);
    void read_sparse_map(TarSparse& sparse);
    [[noreturn]] void fail(std::string_view problem) const;

    ByteSource source_;
    ViewSource view_;
    std::string what_;
    TarEnd end_;
    TarEntry entry_;
    std::vector<char> buffer_ = std::vector<char>(256u << 10);
    std::uint64_t left_ = 0;    // unread data of the current member
    std::uint64_t padding_ = 0; // after it
    bool ended_ = false;
};

} // namespace lxcpp::image
