// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/byte_sink.h"

#include <memory>
#include <optional>
#include <string_view>

namespace lxcpp::image {

// Those from Bzip2 on are for readers that know nothing newer, and written by one thread; Lz4 is for squashfs.
enum class Compression { None, Gzip, Xz, Zstd, Bzip2, Lzma, Lzip, Lz4 };

// "none", "gzip", "xz", "zstd". Throws Error naming the ones there are.
[[nodiscard]] Compression parse_compression(std::string_view name);
// What a file's name ends in: "", ".gz", ".xz", ".zst", ".bz2", ".lzma", ".lz", ".lz4".
[[nodiscard]] std::string_view compression_suffix(Compression compression) noexcept;

struct CompressorOptions {
    // As the programs of these names have it: xz 0-9, zstd 1-22 (with a window of at most 32 MiB), gzip and bzip2 1-9, lzma
    // and lzip 0-9. Empty: one that is fast and takes little memory.
    std::optional<unsigned> level;
    // Without a level, for what is large, written now and read often: xz takes a quarter of the time of its level 6 for a ninth
    // more bytes, and about 100 MiB for each thread. Of other formats nothing changes.
    bool image = false;
    // 0: as many as there are processors, and fit into memory: one or two without a level, then at most 64 MiB;
    // with one, or for an image, a quarter of the machine's (xz -6 takes 140 MiB for each, xz -9 more than 1 GiB).
    unsigned threads = 0;
};

// Compresses a stream: xz and zstd by several threads, in blocks that several threads can take apart
// again (xz). The same bytes give the same result, whatever the number of threads.
class Compressor {
public:
    // Throws Error, also for a level that there is not.
    Compressor(Compression compression, ByteSink sink, const CompressorOptions& options = {});
    Compressor(Compressor&&) noexcept;
    ~Compressor();

    void write(std::string_view bytes);
    void finish();

    class Codec;

private:
    std::unique_ptr<Codec> codec_;
};

} // namespace lxcpp::image
