// SPDX-License-Identifier: Apache-2.0
#include "image/compress_codec.h"

#include <algorithm>
#include <array>
#include <lzma.h>
#include <thread>

namespace lxcpp::image {
namespace {

// Without a level, within 64 MiB, whatever else there is: the default level of xz would take 94 for each thread, and 48
// for its block.
constexpr std::uint32_t kPreset = 6;
constexpr std::uint32_t kDictionary = 1u << 20;
constexpr std::uint64_t kBlock = 4u << 20;
constexpr unsigned kMostThreads = 2;

// Of images: nearly as small as level 3, in half of its time. Level 3 looks at 24 places before it takes one, none of them farther
// back than 4 MiB; a sixth as many, twice as far, are as good but for one percent. Blocks are those of level 6: as many threads can take them apart.
constexpr std::uint32_t kImagePreset = 3;
constexpr std::uint32_t kImageDictionary = 8u << 20;
constexpr std::uint32_t kImageDepth = 4;

// What is asked of liblzma; it points into itself.
struct XzSetting {
    lzma_options_lzma lzma{};
    std::array<lzma_filter, 2> filters{};
    lzma_mt mt{};

    explicit XzSetting(const CompressorOptions& options) {
        const bool image = options.image && !options.level;
        const unsigned preset = image ? kImagePreset : options.level.value_or(kPreset);
        if (lzma_lzma_preset(&lzma, preset) != 0) compression_failed("xz", "it has no such level");
        if (image) {
            lzma.dict_size = kImageDictionary;
            lzma.depth = kImageDepth;
        } else if (!options.level) {
            lzma.dict_size = kDictionary;
            mt.block_size = kBlock; // otherwise three dictionaries, as xz has it
        }
        filters = {{{LZMA_FILTER_LZMA2, &lzma}, {LZMA_VLI_UNKNOWN, nullptr}}};
        mt.filters = filters.data();
        mt.check = LZMA_CHECK_CRC64;
        mt.threads = thread_count(options);
    }
    XzSetting(const XzSetting&) = delete;
    XzSetting& operator=(const XzSetting&) = delete;
    ~XzSetting() = default;

private:
    [[nodiscard]] unsigned thread_count(const CompressorOptions& options) {
        if (options.threads != 0) return options.threads;
        const unsigned processors = std::max(1u, std::thread::hardware_concurrency());
        if (!options.level && !options.image) return std::min(processors, kMostThreads);
        mt.threads = 1;
        return static_cast<unsigned>(std::clamp<std::uint64_t>(lzma_physmem() / 4 / lzma_stream_encoder_mt_memusage(&mt), 1, processors));
    }
};

class Xz final : public Compressor::Codec {
public:
    Xz(ByteSink sink, const CompressorOptions& wanted) : Codec(std::move(sink)) {
        const XzSetting setting(wanted);
        if (lzma_stream_encoder_mt(&stream_, &setting.mt) != LZMA_OK) compression_failed("xz", "out of memory");
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
            if (result != LZMA_OK && result != LZMA_STREAM_END)
                compression_failed("xz", fmt::format("error {}", static_cast<int>(result)));
            put(stream_.avail_out);
        }
    }

private:
    lzma_stream stream_ = LZMA_STREAM_INIT;
};

} // namespace

std::unique_ptr<Compressor::Codec> make_xz_codec(ByteSink sink, const CompressorOptions& options) {
    return std::make_unique<Xz>(std::move(sink), options);
}

} // namespace lxcpp::image
