// SPDX-License-Identifier: Apache-2.0
#include "image/compress.h"

#include "image/compress_codec.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <span>
#include <thread>
#include <utility>
#include <zlib.h>
#include <zstd.h>

namespace lxcpp::image {
namespace {

constexpr unsigned kMostThreads = 2; // without a level
constexpr int kZstdWindowLog = 21;
constexpr int kZstdJob = 4 << 20;
constexpr int kZstdLevel = 9; // about gzip -9's time by one thread, much smaller
constexpr unsigned kZstdLargest = 20; // from this level on its window would be 32 MiB and more, which readers refuse
constexpr int kZstdMostWindowLog = 25;

struct CompressionName {
    Compression compression;
    std::string_view name;
    std::string_view suffix;
};
constexpr std::array<CompressionName, 8> kNames{{{Compression::None, "none", ""},
                                                 {Compression::Gzip, "gzip", ".gz"},
                                                 {Compression::Xz, "xz", ".xz"},
                                                 {Compression::Zstd, "zstd", ".zst"},
                                                 {Compression::Bzip2, "bzip2", ".bz2"},
                                                 {Compression::Lzma, "lzma", ".lzma"},
                                                 {Compression::Lzip, "lzip", ".lz"},
                                                 {Compression::Lz4, "lz4", ".lz4"}}};
constexpr std::size_t kUsual = 4; // of them

unsigned thread_count(const CompressorOptions& options) {
    if (options.threads != 0) return options.threads;
    const unsigned processors = std::max(1u, std::thread::hardware_concurrency());
    return options.level ? processors : std::min(processors, kMostThreads);
}

class Plain final : public Compressor::Codec {
public:
    using Codec::Codec;
    void run(std::string_view bytes, bool) override {
        if (!bytes.empty()) sink_(bytes);
    }
};

struct ZstdDeleter {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

class Zstd final : public Compressor::Codec {
public:
    Zstd(ByteSink sink, const CompressorOptions& options) : Codec(std::move(sink)), context_(ZSTD_createCCtx()) {
        if (!context_) compression_failed("zstd", "out of memory");
        set_level(options.level);
        set(ZSTD_c_checksumFlag, 1);
        // Fails where the library knows no threads; one does it then, with another result.
        set(ZSTD_c_nbWorkers, static_cast<int>(thread_count(options)));
    }

    void run(std::string_view bytes, bool end) override {
        ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
        for (bool more = true; more;) {
            ZSTD_outBuffer output{out(), room(), 0};
            const auto left = ZSTD_compressStream2(context_.get(), &output, &input, end ? ZSTD_e_end : ZSTD_e_continue);
            if (ZSTD_isError(left) != 0) compression_failed("zstd", ZSTD_getErrorName(left));
            put(room() - output.pos);
            more = end ? left != 0 : input.pos < input.size;
        }
    }

private:
    bool set(ZSTD_cParameter parameter, int value) { return ZSTD_isError(ZSTD_CCtx_setParameter(context_.get(), parameter, value)) == 0; }

    void set_level(std::optional<unsigned> level) {
        if (level && (*level == 0 || static_cast<int>(*level) > ZSTD_maxCLevel())) compression_failed("zstd", "it has no such level");
        set(ZSTD_c_compressionLevel, level ? static_cast<int>(*level) : kZstdLevel);
        if (level && *level >= kZstdLargest) set(ZSTD_c_windowLog, kZstdMostWindowLog);
        if (level) return;
        set(ZSTD_c_windowLog, kZstdWindowLog);
        set(ZSTD_c_jobSize, kZstdJob);
    }

    std::unique_ptr<ZSTD_CCtx, ZstdDeleter> context_;
};

class Gzip final : public Compressor::Codec {
public:
    Gzip(ByteSink sink, std::optional<unsigned> level) : Codec(std::move(sink)) {
        constexpr int kGzipFormat = 16; // added to the window's bits: no name, no time
        if (level && (*level == 0 || *level > Z_BEST_COMPRESSION)) compression_failed("gzip", "it has no such level");
        if (::deflateInit2(&stream_, level ? static_cast<int>(*level) : Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzipFormat, 8,
                           Z_DEFAULT_STRATEGY) != Z_OK) {
            compression_failed("gzip", "out of memory");
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

std::unique_ptr<Compressor::Codec> make_codec(Compression compression, ByteSink sink, const CompressorOptions& options) {
    switch (compression) {
    case Compression::None: return std::make_unique<Plain>(std::move(sink));
    case Compression::Gzip: return std::make_unique<Gzip>(std::move(sink), options.level);
    case Compression::Xz: return make_xz_codec(std::move(sink), options);
    case Compression::Zstd: return std::make_unique<Zstd>(std::move(sink), options);
    case Compression::Bzip2:
    case Compression::Lzma:
    case Compression::Lzip:
    case Compression::Lz4: break;
    }
    return make_filter_codec(compression, std::move(sink), options);
}

} // namespace

Compression parse_compression(std::string_view name) {
    for (const auto& row : std::span(kNames).first(kUsual)) {
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

Compressor::Compressor(Compression compression, ByteSink sink, const CompressorOptions& options)
    : codec_(make_codec(compression, std::move(sink), options)) {}
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor::~Compressor() = default;
void Compressor::write(std::string_view bytes) {
    if (!bytes.empty()) codec_->run(bytes, false);
}
void Compressor::finish() { codec_->run({}, true); }

} // namespace lxcpp::image
