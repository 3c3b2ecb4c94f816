// SPDX-License-Identifier: Apache-2.0
#include "image/compress.h"


#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <lzma.h>
#include <thread>
#include <utility>
#include <vector>
#include <zlib.h>
#include <zstd.h>

namespace lxcpp::image {
namespace {

constexpr std::size_t kOut = 256u << 10;
// Within 64 MiB, whatever else there is: the default level of xz would take 94 for each thread, and 48 for its block.
constexpr std::uint32_t kXzPreset = 6;
constexpr std::uint32_t kXzDictionary = 1u << 20;
constexpr std::uint64_t kXzBlock = 4u << 20;
constexpr unsigned kMostThreads = 2;
constexpr int kZstdWindowLog = 21;
constexpr int kZstdJob = 4 << 20;
constexpr int kZstdLevel = 9; // about gzip -9's time by one thread, much smaller

struct CompressionName {
    Compression compression;
    std::string_view name;
    std::string_view suffix;
};
constexpr std::array<CompressionName, 4> kNames{{{Compression::None, "none", ""},
                                                 {Compression::Gzip, "gzip", ".gz"},
                                                 {Compression::Xz, "xz", ".xz"},
                                                 {Compression::Zstd, "zstd", ".zst"}}};

unsigned thread_count(unsigned wanted) { return wanted != 0 ? wanted : std::clamp(std::thread::hardware_concurrency(), 1u, kMostThreads); }

[[noreturn]] void fail(std::string_view format, std::string_view reason) {
    throw Error(fmt::format("compress with {}: {}", format, reason));
}

} // namespace

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
    std::vector<char> out_ = std::vector<char>(kOut);
};

namespace {

class Plain final : public Compressor::Codec {
public:
    using Codec::Codec;
    void run(std::string_view bytes, bool) override {
        if (!bytes.empty()) sink_(bytes);
    }
};

class Xz final : public Compressor::Codec {
public:
    Xz(ByteSink sink, unsigned threads) : Codec(std::move(sink)) {
        lzma_mt options{};
        lzma_options_lzma lzma{};
        if (lzma_lzma_preset(&lzma, kXzPreset) != 0) fail("xz", "it has no such level");
        lzma.dict_size = kXzDictionary;
        const std::array<lzma_filter, 2> filters{{{LZMA_FILTER_LZMA2, &lzma}, {LZMA_VLI_UNKNOWN, nullptr}}};
        options.threads = threads;
        options.block_size = kXzBlock;
        options.filters = filters.data();
        options.check = LZMA_CHECK_CRC64;
        if (lzma_stream_encoder_mt(&stream_, &options) != LZMA_OK) fail("xz", "out of memory");
    }
    Xz(const Xz&) = delete;
    Xz& operator=(const Xz&) = delete;
    ~Xz() override { lzma_end(&stream_); }

    void run(std::string_view bytes, bool end) override {
        stream_.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
        stream_.avail_in = bytes.size();
        for (auto result = LZMA_OK; result != LZMA_STREAM_END && (stream_.avail_in != 0 || end);) {
            stream_.next_out = out();
            stream_.avail_out = room();
            result = lzma_code(&stream_, end ? LZMA_FINISH : LZMA_RUN);
            if (result != LZMA_OK && result != LZMA_STREAM_END) fail("xz", fmt::format("error {}", static_cast<int>(result)));
            put(stream_.avail_out);
        }
    }

private:
    lzma_stream stream_ = LZMA_STREAM_INIT;
};

struct ZstdDeleter {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

class Zstd final : public Compressor::Codec {
public:
    Zstd(ByteSink sink, unsigned threads) : Codec(std::move(sink)), context_(ZSTD_createCCtx()) {
        if (!context_) fail("zstd", "out of memory");
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kZstdLevel);
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, kZstdWindowLog);
        // Fails where the library knows no threads; one does it then, with another result.
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_nbWorkers, static_cast<int>(threads));
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_jobSize, kZstdJob);
    }

    void run(std::string_view bytes, bool end) override {
        ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
        for (bool more = true; more;) {
            ZSTD_outBuffer output{out(), room(), 0};
            const auto left = ZSTD_compressStream2(context_.get(), &output, &input, end ? ZSTD_e_end : ZSTD_e_continue);
            if (ZSTD_isError(left) != 0) fail("zstd", ZSTD_getErrorName(left));
            put(room() - output.pos);
            more = end ? left != 0 : input.pos < input.size;
        }
    }

private:
    std::unique_ptr<ZSTD_CCtx, ZstdDeleter> context_;
};

class Gzip final : public Compressor::Codec {
public:
    explicit Gzip(ByteSink sink) : Codec(std::move(sink)) {
        constexpr int kGzipFormat = 16; // added to the window's bits: no name, no time
        if (::deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzipFormat, 8,
                           Z_DEFAULT_STRATEGY) != Z_OK) {
            fail("gzip", "out of memory");
        }
    }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;
    ~Gzip() override { ::deflateEnd(&stream_); }

    void run(std::string_view bytes, bool end) override {
        do {
            const auto part = bytes.substr(0, 1u << 30); // its counters have 32 bits
            bytes.remove_prefix(part.size());
            // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): zlib reads only
            stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
            stream_.avail_in = static_cast<uInt>(part.size());
            const bool last = end && bytes.empty();
            do {
                stream_.next_out = out();
                stream_.avail_out = static_cast<uInt>(room());
                ::deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
                put(stream_.avail_out);
            } while (stream_.avail_out == 0);
        } while (!bytes.empty());
    }

private:
    z_stream stream_{};
};

std::unique_ptr<Compressor::Codec> make_codec(Compression compression, ByteSink sink, unsigned threads) {
    switch (compression) {
    case Compression::Gzip: return std::make_unique<Gzip>(std::move(sink));
    case Compression::Xz: return std::make_unique<Xz>(std::move(sink), threads);
    case Compression::Zstd: return std::make_unique<Zstd>(std::move(sink), threads);
    case Compression::None: break;
    }
    return std::make_unique<Plain>(std::move(sink));
}

} // namespace

Compression parse_compression(std::string_view name) {
    for (const auto& row : kNames) {
        if (row.name == name) return row.compression;
    }
    throw Error(fmt::format("compression '{}': it is one of none, gzip, xz and zstd", name));
}

std::string_view compression_suffix(Compression compression) noexcept {
    for (const auto& row : kNames) {
        if (row.compression == compression) return row.suffix;
    }
    return "";
}

Compressor::Compressor(Compression compression, ByteSink sink, unsigned threads)
    : codec_(make_codec(compression, std::move(sink), thread_count(threads))) {}
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor::~Compressor() = default;
void Compressor::write(std::string_view bytes) {
    if (!bytes.empty()) codec_->run(bytes, false);
}
void Compressor::finish() { codec_->run({}, true); }

} // namespace lxcpp::image
