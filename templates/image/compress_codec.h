// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/compress.h"

#include <lxcpp/error.h>

#include <cstdint>
#include <fmt/core.h>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace lxcpp::image {

// One format. Throws Error or what the sink throws.
class Compressor::Codec {
public:
    explicit Codec(ByteSink sink) : sink_(std::move(sink)) {}
    Codec(const Codec&) = delete;
    Codec& operator=(const Codec&) = delete;
    virtual ~Codec() = default;
    virtual void run(std::string_view bytes, bool end) = 0;

protected:
    void put(std::size_t left) { sink_({out_.data(), out_.size() - left}); }
    [[nodiscard]] std::uint8_t* out() { return reinterpret_cast<std::uint8_t*>(out_.data()); }
    [[nodiscard]] std::size_t room() const { return out_.size(); }
    ByteSink sink_;

private:
    std::vector<char> out_ = std::vector<char>(256u << 10);
};

[[noreturn]] inline void compression_failed(std::string_view format, std::string_view reason) {
    throw Error(fmt::format("compress with {}: {}", format, reason));
}

[[nodiscard]] std::unique_ptr<Compressor::Codec> make_xz_codec(ByteSink sink, const CompressorOptions& options);
// Those that libarchive writes and nobody writes better: Bzip2, Lzma, Lzip, Lz4.
[[nodiscard]] std::unique_ptr<Compressor::Codec> make_filter_codec(Compression compression, ByteSink sink, const CompressorOptions& options);

} // namespace lxcpp::image
