// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/byte_sink.h"

#include <memory>
#include <string_view>

namespace lxcpp::image {

enum class Compression { None, Gzip, Xz, Zstd };

// "none", "gzip", "xz", "zstd". Throws Error naming the ones there are.
[[nodiscard]] Compression parse_compression(std::string_view name);
// What a file's name ends in: "", ".gz", ".xz", ".zst".
[[nodiscard]] std::string_view compression_suffix(Compression compression) noexcept;

// Compresses a stream: xz and zstd by several threads, in blocks that several threads can take apart
// again (xz). The same bytes give the same result, whatever the number of threads.
class Compressor {
public:
    // threads 0: as many as there are processors, and fit into 64 MiB of memory: one or two.
    Compressor(Compression compression, ByteSink sink, unsigned threads = 0);
    Compressor(Compressor&&) noexcept;
    ~Compressor();

    void write(std::string_view bytes);
    void finish();

    class Codec;

private:
    std::unique_ptr<Codec> codec_;
};

} // namespace lxcpp::image
