// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/tar_reader.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace lxcpp::image {

// From how much output on the ratio is looked at.
inline constexpr std::uint64_t kRatioFrom = 64u << 20;

struct DecompressLimits {
    std::uint64_t max_bytes = std::uint64_t{64} << 30; // of output
    std::uint64_t max_ratio = 200;  // output to input, checked once there are 64 MiB of output
};

// A stream of gzip, xz, zstd, bzip2 or plain bytes, told apart by their first bytes. Windows of zstd of more than
// 32 MiB, and dictionaries of xz of more than 64 MiB, are refused.
class Decompressor {
public:
    // source gives the compressed bytes; what names the stream in messages.
    Decompressor(ByteSource source, std::string what, const DecompressLimits& limits = {});
    Decompressor(Decompressor&&) noexcept;
    ~Decompressor();

    // Output; 0 = end. Throws Error on damaged data, bytes after the end of the compressed stream, or
    // when a limit is passed.
    [[nodiscard]] std::size_t read(std::span<char> into);
    // As a source for TarReader; owns the decompressor from then on.
    [[nodiscard]] static ByteSource as_source(Decompressor decompressor);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// All of it at once.
[[nodiscard]] std::string decompress_all(ByteSource source, std::string what,
                                         const DecompressLimits& limits);

} // namespace lxcpp::image
