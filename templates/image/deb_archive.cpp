// SPDX-License-Identifier: Apache-2.0
#include "image/deb_archive.h"

#include "base/strings.h"
#include "image/decompress.h"
#include "sys/file.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::image {
namespace {

constexpr std::string_view kMagic = "!<arch>\n";
constexpr std::size_t kHeaderSize = 60; // name 16, time 12, uid 6, gid 6, mode 8, size 10, end 2

// A member name is the wanted one followed by a compression that we read.
bool is_tar(std::string_view name, std::string_view stem) {
    if (!name.starts_with(stem)) return false;
    const auto suffix = name.substr(stem.size());
    constexpr std::array<std::string_view, 5> kKnown{"", ".gz", ".xz", ".zst", ".bz2"};
    return std::find(kKnown.begin(), kKnown.end(), suffix) != kKnown.end();
}

// Bytes [offset, offset + size) of a file, in order.
ByteSource file_range(FdRef file, std::uint64_t offset, std::uint64_t size, std::string what) {
    return [file, offset, size, what = std::move(what)](std::span<char> into) mutable {
        const auto want = std::min<std::uint64_t>(into.size(), size);
        if (want == 0) return std::size_t{0};
        const auto count = sys::read_at(file, into.first(static_cast<std::size_t>(want)), offset, what);
        if (count == 0) throw Error(fmt::format("{}: the file ends too early", what));
        offset += count;
        size -= count;
        return count;
    };
}

} // namespace

DebArchive::Member DebArchive::read_member(std::uint64_t offset) const {
    std::array<char, kHeaderSize> raw{};
    if (sys::read_at(file_, raw, offset, what_) != raw.size()) {
        throw Error(fmt::format("{}: not a Debian package: a member is missing", what_));
    }
    const std::string_view header(raw.data(), raw.size());
    const auto size = parse_u64(trim(header.substr(48, 10)));
    if (!size || header.substr(58) != "`\n") {
        throw Error(fmt::format("{}: not a Debian package: a damaged ar header", what_));
    }
    auto name = trim(header.substr(0, 16));
    if (name.ends_with('/')) name.remove_suffix(1); // the System V spelling
    return {std::string(name), offset + kHeaderSize, *size};
}

DebArchive DebArchive::open(Fd file, std::string what) {
    DebArchive deb(std::move(file), std::move(what));
    std::array<char, kMagic.size()> magic{};
    const auto got = sys::read_at(deb.file_, magic, 0, deb.what_);
    if (std::string_view(magic.data(), got) != kMagic) {
        throw Error(fmt::format("{}: not a Debian package: no ar archive", deb.what_));
    }
    const auto after = [](const Member& member) { return member.offset + member.size + member.size % 2; };
    const Member version = deb.read_member(kMagic.size());
    std::array<char, 2> major{};
    if (version.name != "debian-binary" || version.size < 4 ||
        sys::read_at(deb.file_, major, version.offset, deb.what_) != 2 ||
        std::string_view(major.data(), 2) != "2.") {
        throw Error(fmt::format("{}: not a Debian package of format 2", deb.what_));
    }
    deb.control_ = deb.read_member(after(version));
    deb.data_ = deb.read_member(after(deb.control_));
    if (!is_tar(deb.control_.name, "control.tar") || !is_tar(deb.data_.name, "data.tar")) {
        throw Error(fmt::format("{}: unknown members '{}' and '{}'", deb.what_,
                                printable(deb.control_.name), printable(deb.data_.name)));
    }
    return deb;
}

TarReader DebArchive::open_tar(const Member& member) const {
    std::string label = fmt::format("{}: {}", what_, member.name);
    Decompressor stream(file_range(file_, member.offset, member.size, label), label);
    return {Decompressor::as_source(std::move(stream)), std::move(label)};
}

TarReader DebArchive::control() const { return open_tar(control_); }
TarReader DebArchive::data() const { return open_tar(data_); }

void DebArchive::copy_to(FdRef file) const {
    sys::copy_content(file_, file, static_cast<std::uint64_t>(sys::stat_fd(file_).st_size), what_);
}

} // namespace lxcpp::image
