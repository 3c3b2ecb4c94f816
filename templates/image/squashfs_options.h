// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/compress.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lxcpp::image {

struct SquashfsOptions {
    Compression compression = Compression::Zstd; // Gzip, Lz4, Xz or Zstd
    unsigned level = 0;                          // 0: the usual one (zstd 15, gzip 9, xz 6)
    std::uint32_t block_size = 128u << 10;       // a power of two, 4 KiB to 1 MiB
    unsigned threads = 0;                        // at most; 0: as many as there are processors
    std::size_t memory = 48u << 20;              // of the threads, however many could run

    bool operator==(const SquashfsOptions&) const = default;
};

// "zstd", "zstd-19", "gzip-9", "xz", "lz4". Throws Error naming what there is.
[[nodiscard]] SquashfsOptions parse_squashfs_compression(std::string_view text);

} // namespace lxcpp::image
