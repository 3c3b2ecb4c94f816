// SPDX-License-Identifier: Apache-2.0
#include "image/tar_reader.h"

#include "base/strings.h"
#include "image/tar_number.h"
#include "image/tar_pax.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cstring>
#include <fmt/core.h>

namespace lxcpp::image {
namespace {

// POSIX.1-2017 pax, "ustar Interchange Format": offset and length of each field.
struct FieldPlace {
    std::size_t offset;
    std::size_t length;
};
constexpr std::size_t kMostXattrs = 512; // of a member: they are compared with each other

constexpr FieldPlace kName{0, 100};
constexpr FieldPlace kMode{100, 8};
constexpr FieldPlace kUid{108, 8};
constexpr FieldPlace kGid{116, 8};
constexpr FieldPlace kSize{124, 12};
constexpr FieldPlace kMtime{136, 12};
constexpr FieldPlace kChecksum{148, 8};
constexpr std::size_t kTypeOffset = 156;
constexpr FieldPlace kLink{157, 100};
constexpr FieldPlace kMagic{257, 8}; // and version
constexpr FieldPlace kMajor{329, 8};
constexpr FieldPlace kMinor{337, 8};
constexpr FieldPlace kPrefix{345, 155};

// GNU's old sparse files: "struct oldgnu_header", "struct sparse_header".
constexpr std::size_t kSparseMap = 386;
constexpr std::size_t kSparseCount = 4;
constexpr std::size_t kSparseMore = 482;
constexpr FieldPlace kSparseSize{483, 12};
constexpr std::size_t kSparseNextCount = 21;
constexpr std::size_t kSparseNextMore = 504;

constexpr std::string_view kPosixMagic{"ustar\0", 6};
constexpr std::string_view kGnuMagic{"ustar  \0", 8};
constexpr std::uint64_t kMaxName = 4096;
constexpr std::uint64_t kMaxPax = 1u << 20;
constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 50;

std::string_view field(std::span<const char> block, FieldPlace place) {
    return {block.data() + place.offset, place.length};
}

std::string_view text_field(std::span<const char> block, FieldPlace place) {
    const auto raw = field(block, place);
    return raw.substr(0, raw.find('\0'));
}

bool all_zero(std::span<const char> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

// The sum counts the checksum field as blanks; historic archives summed signed bytes.
bool checksum_good(std::span<const char> block) {
    const auto stored = parse_tar_number(field(block, kChecksum));
    if (!stored) return false;
    std::int64_t plain = 0;
    std::int64_t signed_sum = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const bool inside = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.length;
        const char c = inside ? ' ' : block[i];
        plain += static_cast<unsigned char>(c);
        signed_sum += static_cast<signed char>(c);
    }
    return *stored == plain || *stored == signed_sum;
}

std::optional<TarType> parse_type(char type) {
    switch (type) {
    case '\0':
    case '0':
    case '7':
    case 'S': return TarType::File;
    case '1': return TarType::HardLink;
    case '2': return TarType::Symlink;
    case '3': return TarType::CharDevice;
    case '4': return TarType::BlockDevice;
    case '5': return TarType::Directory;
    case '6': return TarType::Fifo;
    default: return std::nullopt;
    }
}

bool usable_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxName && name.find('\0') == name.npos;
}

} // namespace

struct TarReader::Overrides {
    std::optional<std::string> path;
    std::optional<std::string> link;
    std::optional<std::uint64_t> size;
    std::optional<std::uint64_t> uid;
    std::optional<std::uint64_t> gid;
    std::optional<timespec> mtime;
    std::vector<std::pair<std::string, std::string>> xattrs;
    TarSparse sparse;
    bool any = false;
    bool gnu_path = false;
    bool gnu_link = false;
    bool pax = false;
};

void TarReader::fail(std::string_view problem) const {
    throw Error(fmt::format("{}: {}: the archive is refused", what_, problem));
}

bool TarReader::read_block(Block& block) {
    std::size_t got = 0;
    while (got < block.size()) {
        const auto count = source_(std::span(block).subspan(got));
        if (count == 0) break;
        got += count;
    }
    if (got != 0 && got != block.size()) fail("it ends within a header");
    return got != 0;
}

void TarReader::read_exactly(std::span<char> into) {
    while (!into.empty()) {
        const auto count = source_(into);
        if (count == 0) fail("it ends within a member");
        into = into.subspan(count);
    }
}

std::string TarReader::read_payload(std::uint64_t size, std::uint64_t limit) {
    if (size > limit) fail(fmt::format("an extension header of {} bytes", size));
    std::string text(size, '\0');
    read_exactly(text);
    std::array<char, 512> rest{};
    read_exactly(std::span(rest).first((512 - size % 512) % 512));
    return text;
}

std::span<const char> TarReader::read() {
    if (left_ == 0) return {};
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer_.size()));
    const auto bytes = view_ ? view_(most) : std::span<const char>(buffer_).first(source_(std::span(buffer_).first(most)));
    if (bytes.empty()) fail(fmt::format("it ends within {}", printable(entry_.path)));
    left_ -= bytes.size();
    return bytes;
}

void TarReader::skip_data() {
    while (!read().empty()) {}
    std::array<char, 512> rest{};
    const auto padding = std::span(rest).first(static_cast<std::size_t>(std::exchange(padding_, 0)));
    if (padding.empty()) return;
    const auto count = source_(padding);
    if (count == 0 && end_ == TarEnd::Open) return; // so will the header be
    if (count == 0) fail("it ends within a member");
    read_exactly(padding.subspan(count));
}

void TarReader::finish() {
    ended_ = true;
    for (;;) {
        const auto count = source_(buffer_);
        if (count == 0) return;
        if (!all_zero(std::span(buffer_).first(count))) fail("data after the end of the archive");
    }
}

void TarReader::apply_pax(std::string_view key, std::string_view value, Overrides& overrides) {
    constexpr std::string_view kXattr = "SCHILY.xattr.";
    constexpr std::string_view kOtherXattr = "LIBARCHIVE.xattr.";
    constexpr std::string_view kSparse = "GNU.sparse.";
    const auto number = [&](std::optional<std::uint64_t>& target) {
        target = parse_u64(value);
        if (!target) fail(fmt::format("pax {} is '{}'", key, printable(value)));
    };
    if (key == "path") {
        overrides.path = value;
    } else if (key == "linkpath") {
        overrides.link = value;
    } else if (key == "size") {
        number(overrides.size);
    } else if (key == "uid") {
        number(overrides.uid);
    } else if (key == "gid") {
        number(overrides.gid);
    } else if (key == "mtime") {
        overrides.mtime = parse_pax_time(value);
        if (!overrides.mtime) fail(fmt::format("pax mtime is '{}'", printable(value)));
    } else if (key.starts_with(kSparse)) {
        if (const auto problem = overrides.sparse.apply(key.substr(kSparse.size()), value); !problem.empty())
            fail(problem);
    } else if (key.starts_with(kXattr)) {
        add_xattr(key.substr(kXattr.size()), value, overrides);
    } else if (key.starts_with(kOtherXattr)) {
        const auto xattr = parse_libarchive_xattr(key.substr(kOtherXattr.size()), value);
        if (!xattr) fail(fmt::format("pax {} is '{}'", printable(key), printable(value)));
        add_xattr(xattr->first, xattr->second, overrides);
    }
}

// bsdtar writes each of them in both forms.
void TarReader::add_xattr(std::string_view name, std::string_view value, Overrides& overrides) {
    for (const auto& [known, content] : overrides.xattrs) {
        if (known != name) continue;
        if (content != value) fail(fmt::format("two values of the attribute {}", printable(name)));
        return;
    }
    if (overrides.xattrs.size() == kMostXattrs) fail(fmt::format("more than {} attributes", kMostXattrs));
    overrides.xattrs.emplace_back(name, value);
}

void TarReader::read_pax(std::string_view text, Overrides& overrides) {
    std::vector<PaxRecord> records;
    if (const auto problem = split_pax(text, records); !problem.empty()) fail(problem);
    for (const auto& [key, value] : records) apply_pax(key, value, overrides);
}

// "git archive" writes one that says of which commit it is. What changes all members from there on is
// something that readers disagree on.
void TarReader::read_global_pax(std::string_view text) const {
    std::vector<PaxRecord> records;
    if (const auto problem = split_pax(text, records); !problem.empty()) fail(problem);
    for (const auto& [key, value] : records)
        if (key != "comment") fail(fmt::format("a global pax header with {}", printable(key)));
}

bool TarReader::read_extension(char type, std::uint64_t size, Overrides& overrides) {
    const auto once = [&](bool& seen) {
        if (std::exchange(seen, true)) fail("an extension header that stands twice");
        overrides.any = true;
    };
    const auto long_name = [&] {
        std::string name = read_payload(size, kMaxName + 1);
        name.resize(std::strlen(name.c_str()));
        return name;
    };
    switch (type) {
    case 'L':
        once(overrides.gnu_path);
        overrides.path = long_name();
        return true;
    case 'K':
        once(overrides.gnu_link);
        overrides.link = long_name();
        return true;
    case 'x':
        once(overrides.pax);
        read_pax(read_payload(size, kMaxPax), overrides);
        return true;
    case 'g':
        if (overrides.any) fail("a global pax header between another one and its member");
        read_global_pax(read_payload(size, kMaxPax));
        return true;
    default: return false;
    }
}

void TarReader::read_member(const Block& block, std::uint64_t header_size, Overrides overrides) {
    const auto type = parse_type(block[kTypeOffset]);
    if (!type) fail(fmt::format("a member of type '{}'", printable({&block[kTypeOffset], 1})));
    const auto number = [&](FieldPlace place, std::string_view name, std::int64_t highest) {
        const auto value = parse_tar_number(field(block, place));
        if (!value || *value < 0 || *value > highest) fail(fmt::format("a member with a bad {}", name));
        return static_cast<std::uint64_t>(*value);
    };
    entry_ = TarEntry{};
    entry_.type = *type;
    std::string path(text_field(block, kName));
    const auto magic = field(block, kMagic);
    const bool posix = magic.starts_with(kPosixMagic);
    // Others read some of these with a prefix and some without.
    if (!posix && magic != kGnuMagic && magic.starts_with("ustar")) fail("a header that is neither POSIX' nor GNU's");
    // Others go by these whatever the member's type is.
    const bool holes = block[kSparseMap] != '\0' || block[kSparseMore] != '\0' || field(block, kSparseSize).front() != '\0';
    if (magic == kGnuMagic && block[kTypeOffset] != 'S' && holes) fail("a member that is no sparse file, with the places of one");
    if (const auto prefix = text_field(block, kPrefix); posix && !prefix.empty()) {
        path = fmt::format("{}/{}", prefix, path);
    }
    if (overrides.sparse.name) overrides.path = std::move(overrides.sparse.name);
    entry_.path = std::move(overrides.path).value_or(std::move(path));
    entry_.link = std::move(overrides.link).value_or(std::string(text_field(block, kLink)));
    entry_.mode = static_cast<std::uint32_t>(number(kMode, "mode", 0xffffffff) & 07777u);
    entry_.uid = overrides.uid ? *overrides.uid : number(kUid, "uid", 0xffffffff);
    entry_.gid = overrides.gid ? *overrides.gid : number(kGid, "gid", 0xffffffff);
    const auto mtime = parse_tar_number(field(block, kMtime));
    if (!mtime) fail("a member with a bad time");
    entry_.mtime = overrides.mtime ? *overrides.mtime : clamp_tar_time(*mtime, 0);
    entry_.xattrs = std::move(overrides.xattrs);
    if (*type == TarType::CharDevice || *type == TarType::BlockDevice) {
        entry_.major = static_cast<std::uint32_t>(number(kMajor, "device number", 0xffffffff));
        entry_.minor = static_cast<std::uint32_t>(number(kMinor, "device number", 0xffffffff));
    }
    if (!usable_name(entry_.path)) fail("a member with an unusable name");
    const bool link = *type == TarType::HardLink || *type == TarType::Symlink;
    if (link && !usable_name(entry_.link)) {
        fail(fmt::format("{} is a link with an unusable target", printable(entry_.path)));
    }
    // Historic archives mark directories as files whose name ends in '/'.
    if (*type == TarType::File && entry_.path.back() == '/') entry_.type = TarType::Directory;
    const std::uint64_t size = overrides.size.value_or(header_size);
    if (entry_.type != TarType::File && size != 0) {
        fail(fmt::format("{} is no file and has data", printable(entry_.path)));
    }
    if (size > kMaxSize) fail(fmt::format("{} has an absurd size", printable(entry_.path)));
    entry_.size = size;
    left_ = size;
    padding_ = (512 - size % 512) % 512;
    if (block[kTypeOffset] == 'S' || overrides.sparse.any) read_sparse(block, overrides.sparse);
}

// Where the bytes belong that are stored, left_ of them. What the file's size is with its holes counts
// for every limit.
void TarReader::read_sparse(const Block& block, TarSparse& sparse) {
    if (entry_.type != TarType::File) fail(fmt::format("{} is no file and has holes", printable(entry_.path)));
    if (block[kTypeOffset] == 'S') {
        if (sparse.any) fail("a sparse file of two kinds");
        read_old_sparse(block, sparse);
    } else if (sparse.major == 1 && sparse.minor == 0) {
        read_sparse_map(sparse);
    } else if (sparse.major != 0) {
        fail("a kind of sparse file that is not known");
    }
    if (!sparse.size || *sparse.size > kMaxSize) fail(fmt::format("{} has an absurd size", printable(entry_.path)));
    if (const auto problem = check_extents(sparse.extents, *sparse.size, left_); !problem.empty()) fail(problem);
    entry_.sparse = true;
    entry_.size = *sparse.size;
    entry_.extents = std::move(sparse.extents);
}

void TarReader::read_old_sparse(const Block& block, TarSparse& sparse) {
    const auto size = parse_tar_number(field(block, kSparseSize));
    bool fine = size && *size >= 0 && read_gnu_map(block, kSparseMap, kSparseCount, sparse.extents);
    Block next{};
    for (bool more = block[kSparseMore] != '\0'; fine && more; more = next[kSparseNextMore] != '\0') {
        read_exactly(next);
        fine = read_gnu_map(next, 0, kSparseNextCount, sparse.extents);
    }
    if (!fine) fail("a sparse file with a bad number");
    sparse.size = static_cast<std::uint64_t>(*size);
}

void TarReader::read_sparse_map(TarSparse& sparse) {
    if (!sparse.extents.empty()) fail("a sparse file of two kinds");
    TarDataMap map;
    Block block{};
    while (!map.complete()) {
        if (left_ < block.size()) fail("a sparse map without an end");
        read_exactly(block);
        left_ -= block.size();
        if (!map.add(block)) fail("a malformed sparse map");
    }
    sparse.extents = std::move(map.extents());
}

const TarEntry* TarReader::next() {
    if (ended_) return nullptr;
    skip_data();
    Overrides overrides;
    Block block{};
    for (;;) {
        const bool at_end = !read_block(block);
        if (at_end && end_ == TarEnd::Marked) fail("it ends without an end mark");
        if (at_end || all_zero(block)) {
            if (overrides.any) fail("an extension header without a member");
            finish();
            return nullptr;
        }
        if (!checksum_good(block)) fail("a header with a wrong checksum");
        const auto size = parse_tar_number(field(block, kSize));
        if (!size || *size < 0) fail("a member with a bad size");
        if (!read_extension(block[kTypeOffset], static_cast<std::uint64_t>(*size), overrides)) {
            read_member(block, static_cast<std::uint64_t>(*size), std::move(overrides));
            return &entry_;
        }
    }
}

} // namespace lxcpp::image
