// SPDX-License-Identifier: Apache-2.0
#include "images/root_format.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <bit>
#include <fmt/core.h>

namespace lxcpp::tools::images {
namespace {

// "131072", "128K", "1M".
std::uint32_t block_size(std::string_view text) {
    std::string_view digits = text;
    unsigned shift = 0;
    if (digits.ends_with('K')) shift = 10;
    if (digits.ends_with('M')) shift = 20;
    if (shift != 0) digits.remove_suffix(1);
    const auto number = parse_u64(digits);
    constexpr std::uint64_t kMost = 1u << 20;
    const std::uint64_t size = number && *number <= kMost ? *number << shift : 0;
    if (!std::has_single_bit(size) || size < 4096 || size > kMost)
        throw Error(fmt::format("--block-size '{}': a power of two from 4K to 1M is expected", printable(text)));
    return static_cast<std::uint32_t>(size);
}

} // namespace

void add_root_format_options(Cli& cli, Options& options) {
    cli.option("--format", options.root_format, "root file system as tar (rootfs.tar.xz), squashfs, or tar,squashfs");
    cli.option("--compression", options.compression, "of the squashfs: zstd, xz, gzip, or with a level (zstd-19)");
    cli.option("--block-size", options.block_size, "of the squashfs, 4K to 1M (128K)");
}

image::ExportOptions root_formats(const Options& options) {
    image::ExportOptions wanted;
    wanted.tar = false;
    for (const auto word : split(options.root_format, ',')) {
        if (word == "tar") wanted.tar = true;
        else if (word == "squashfs") wanted.squashfs.emplace();
        else throw Error(fmt::format("--format '{}': tar, squashfs, or both with a comma between are expected", printable(options.root_format)));
    }
    if (!wanted.squashfs && !(options.compression.empty() && options.block_size.empty()))
        throw Error("--compression and --block-size are of a squashfs: add --format=squashfs");
    if (!options.compression.empty()) wanted.squashfs = image::parse_squashfs_compression(options.compression);
    if (!options.block_size.empty()) wanted.squashfs->block_size = block_size(options.block_size);
    return wanted;
}

} // namespace lxcpp::tools::images
