// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/output_compression.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

using image::Compression;

struct Format {
    std::string_view name;
    Compression compression;
    unsigned min_level;
    unsigned max_level; // less than min_level: there are none
};
constexpr std::array<Format, 8> kFormats{{{"bzip2", Compression::Bzip2, 1, 9},
                                          {"gzip", Compression::Gzip, 1, 9},
                                          {"lz4", Compression::Lz4, 1, 0},
                                          {"lzip", Compression::Lzip, 0, 9},
                                          {"lzma", Compression::Lzma, 0, 9},
                                          {"none", Compression::None, 1, 0},
                                          {"xz", Compression::Xz, 0, 9},
                                          {"zstd", Compression::Zstd, 1, 22}}};
constexpr std::uint32_t kSquashfsBlock = 1u << 20; // as distrobuilder has it
constexpr std::size_t kSquashfsMemory = 512u << 20;

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
    throw Error(fmt::format("compression '{}': {}", printable(text), why));
}

const Format* find_format(std::string_view name) {
    const auto* const found = std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& format) { return format.name == name; });
    return found == kFormats.end() ? nullptr : found;
}

const Format& format_of(std::string_view name) {
    const Format* format = find_format(name);
    if (format == nullptr) refuse(name, "there is no such format");
    return *format;
}

// Of what is asked for an archive.
Compression nearest_of_squashfs(Compression compression) {
    switch (compression) {
    case Compression::Gzip:
    case Compression::Lz4:
    case Compression::Xz:
    case Compression::Zstd: return compression;
    case Compression::None: return Compression::Zstd;
    case Compression::Bzip2:
    case Compression::Lzma:
    case Compression::Lzip: break;
    }
    return Compression::Xz;
}

} // namespace

OutputCompression parse_output_compression(std::string_view text) {
    const auto dash = text.find('-');
    const auto name = text.substr(0, dash);
    if (name == "lzo" || name == "lzop")
        refuse(text, "is not written here: the library for it (liblzo2) is for programs under the "
                     "GNU GPL only; zstd-1 is as fast, and its archives are smaller");
    const Format* format = find_format(name);
    if (format == nullptr) refuse(text, "it is one of bzip2, gzip, lzip, lzma, none, xz and zstd (lz4 for a squashfs), perhaps with a level as in zstd-19");
    if (dash == text.npos) return {.name = std::string(name), .level = std::nullopt};
    if (format->max_level < format->min_level) refuse(text, fmt::format("{} has no levels", name));
    const auto level = parse_u64(text.substr(dash + 1));
    if (!level || *level < format->min_level || *level > format->max_level)
        refuse(text, fmt::format("levels of {} are {} to {}", name, format->min_level, format->max_level));
    return {.name = std::string(name), .level = static_cast<unsigned>(*level)};
}

void set_compression(image::PackOptions& pack, const OutputCompression& wanted) {
    pack.compression = format_of(wanted.name).compression;
    if (pack.compression == Compression::Lz4) refuse(wanted.name, "it is for squashfs only; zstd-1 is nearly as fast, and smaller");
    pack.compressor.level = wanted.level;
    pack.compressor.image = true;
}

image::SquashfsOptions squashfs_options(const OutputOptions& options) {
    image::SquashfsOptions wanted{.block_size = kSquashfsBlock, .memory = kSquashfsMemory};
    const OutputCompression& asked = options.squashfs.value_or(options.compression);
    const Compression compression = format_of(asked.name).compression;
    wanted.compression = nearest_of_squashfs(compression);
    if (options.squashfs && wanted.compression != compression)
        refuse(asked.name, "squashfs has gzip, lz4, xz and zstd");
    if (wanted.compression == compression && asked.level) wanted.level = std::max(1u, *asked.level);
    return wanted;
}

std::string_view archive_suffix(const OutputCompression& wanted) { return image::compression_suffix(format_of(wanted.name).compression); }

std::vector<std::string_view> archive_suffixes() {
    std::vector<std::string_view> suffixes;
    for (const Format& format : kFormats)
        if (format.compression != Compression::Lz4)
            suffixes.push_back(image::compression_suffix(format.compression));
    return suffixes;
}

} // namespace lxcpp::distro
