// SPDX-License-Identifier: Apache-2.0
// The archives in packages and images. What our strict reader accepts, libarchive must read as the
// same members: an archive that two readers see differently hides something from one of them.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "image/tar_reader.h"
#include "unit/image/tar_builder.h"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <memory>

namespace lxcpp::fuzz {
namespace {

using namespace lxcpp::image;

struct Member {
    std::string path;
    std::string link;
    TarType type = TarType::File;
    std::uint64_t size = 0;
    std::string data;
};

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0; });
}

std::vector<Member> read_ours(std::string_view archive) {
    TarReader reader(text_source(std::string(archive), 700), "archive");
    std::vector<Member> members;
    while (const TarEntry* entry = reader.next()) {
        FUZZ_CHECK(!entry->path.empty() && entry->path.size() <= 4096 && entry->path.find('\0') == std::string::npos);
        FUZZ_CHECK(entry->mode <= 07777);
        FUZZ_CHECK(entry->mtime.tv_nsec >= 0 && entry->mtime.tv_nsec < 1'000'000'000);
        FUZZ_CHECK(entry->size == 0 || entry->type == TarType::File);
        const bool link = entry->type == TarType::Symlink || entry->type == TarType::HardLink;
        if (link) FUZZ_CHECK(!entry->link.empty() && entry->link.find('\0') == std::string::npos);
        Member& member = members.emplace_back(Member{entry->path, link ? entry->link : "", entry->type, entry->size, {}});
        const std::uint64_t size = entry->size;
        member.data = read_data(reader);
        FUZZ_CHECK(member.data.size() == size);
    }
    FUZZ_CHECK(reader.next() == nullptr);
    return members;
}

TarType type_of(archive_entry* entry) {
    if (archive_entry_hardlink(entry) != nullptr) return TarType::HardLink;
    switch (archive_entry_filetype(entry)) {
    case AE_IFLNK: return TarType::Symlink;
    case AE_IFDIR: return TarType::Directory;
    case AE_IFIFO: return TarType::Fifo;
    case AE_IFCHR: return TarType::CharDevice;
    case AE_IFBLK: return TarType::BlockDevice;
    default: return TarType::File;
    }
}

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

// nullopt when libarchive refuses the archive: then nobody is deceived.
std::optional<std::vector<Member>> read_theirs(std::string_view bytes) {
    const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(), archive_read_free);
    archive_read_support_format_tar(reader.get());
    if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return std::nullopt;
    std::vector<Member> members;
    archive_entry* entry = nullptr;
    for (int result = ARCHIVE_OK;;) {
        result = archive_read_next_header(reader.get(), &entry);
        if (result == ARCHIVE_EOF) return members;
        if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return std::nullopt;
        const TarType type = type_of(entry);
        Member member{text_of(archive_entry_pathname(entry)), {}, type, 0, {}};
        if (type == TarType::HardLink) member.link = text_of(archive_entry_hardlink(entry));
        if (type == TarType::Symlink) member.link = text_of(archive_entry_symlink(entry));
        if (type == TarType::File) {
            member.size = static_cast<std::uint64_t>(archive_entry_size(entry));
            member.data.resize(std::min<std::uint64_t>(member.size, bytes.size()));
            const auto got = archive_read_data(reader.get(), member.data.data(), member.data.size());
            if (got < 0) return std::nullopt;
            member.data.resize(static_cast<std::size_t>(got));
        }
        members.push_back(std::move(member));
    }
}

// The other one leaves out one of two slashes between a ustar prefix and a name; a path means the same without it.
std::string one_slash(std::string path) {
    path.erase(std::unique(path.begin(), path.end(), [](char a, char b) { return a == '/' && b == '/'; }), path.end());
    return path;
}

void compare(const std::vector<Member>& ours, const std::vector<Member>& theirs) {
    FUZZ_CHECK(ours.size() == theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const Member& a = ours[i];
        const Member& b = theirs[i];
        if (!is_ascii(a.path) || !is_ascii(a.link)) continue; // the other one converts character sets
        FUZZ_CHECK_WITH(one_slash(a.path) == one_slash(b.path), a.path + "\" and \"" + b.path);
        FUZZ_CHECK_WITH(a.link == b.link, a.link + "\" and \"" + b.link);
        FUZZ_CHECK_WITH(a.type == b.type, a.path);
        FUZZ_CHECK_WITH(a.size == b.size && a.data == b.data, a.path);
    }
}

// Most inputs would fail at the first checksum: written anew, so that what is behind it is read, too.
std::string with_checksums(std::string_view bytes) {
    std::string archive(bytes);
    for (std::size_t at = 0; at + 512 <= archive.size(); at += 512) {
        char* const block = archive.data() + at;
        if (std::string_view(block + 257, 5) != "ustar") continue;
        std::fill_n(block + 148, 8, ' ');
        unsigned sum = 0;
        for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(block[i]);
        const std::string text = octal(sum, 6);
        std::copy_n(text.c_str(), 7, block + 148);
    }
    archive.resize((archive.size() + 511) / 512 * 512);
    return archive.append(1024, '\0');
}

} // namespace

// The first byte: whether checksums and the end are made good before.
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    const bool repair = input.byte() != 0;
    const std::string archive = repair ? with_checksums(input.rest()) : std::string(input.rest());
    const auto ours = accepted([&] { return read_ours(archive); });
    if (!ours) return;
    if (const auto theirs = read_theirs(archive)) compare(*ours, *theirs);
}

std::vector<std::string> made_seeds() {
    const auto tar = [](const auto&... members) { return "\1" + (tar_member(members) + ...); };
    const TarMember file{.name = "etc/motd", .data = "hello"};
    std::vector<std::string> seeds = {
        tar(file), tar(TarMember{.name = "usr/", .type = '5'}, file),
        tar(TarMember{.name = "lib", .type = '2', .link = "usr/lib"}),
        tar(file, TarMember{.name = "b", .type = '1', .link = "etc/motd"}),
        tar(TarMember{.name = "dev/null", .type = '3'}, TarMember{.name = "fifo", .type = '6'}),
        tar(TarMember{.name = "././@LongLink", .type = 'L', .data = std::string(150, 'n') + '\0'}, file),
        tar(TarMember{.name = "././@LongLink", .type = 'K', .data = std::string(150, 'k') + '\0'},
            TarMember{.name = "b", .type = '2', .link = "x"}),
    };
    for (const char* magic : {"ustar  ", "ustarr0", "ustar 00", ""}) // a prefix is one in some of them only
        seeds.push_back(tar(TarMember{.name = "etc/motd", .data = "hello", .magic = magic, .prefix = "pre"}));
    for (const auto& [key, value] : {std::pair("path", "a/b"), std::pair("mtime", "-1.25"), std::pair("size", "3"),
                                     std::pair("linkpath", "t"), std::pair("uid", "70000"),
                                     std::pair("SCHILY.xattr.user.a", "v")}) {
        seeds.push_back(tar(pax(pax_record(key, value)), file));
    }
    return seeds;
}

} // namespace lxcpp::fuzz
