// SPDX-License-Identifier: Apache-2.0
#include "compressed.h"
#include "image/decompress.h"
#include "support/error_of.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <zstd.h>

namespace lxcpp::image {
namespace {

// Gives at most piece bytes at once.
ByteSource text_source(const std::string& text, std::size_t piece) {
    return [&text, piece, at = std::size_t{0}](std::span<char> into) mutable {
        const auto count = std::min({piece, into.size(), text.size() - at});
        std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), count, into.begin());
        at += count;
        return count;
    };
}

std::string zstd(const std::string& text, int window_log = 0) {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0); // else a small content makes a small window
    std::string out(ZSTD_compressBound(text.size()) + 64, '\0');
    ZSTD_inBuffer input{text.data(), text.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    ZSTD_inBuffer nothing{nullptr, 0, 0};
    ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue);
    EXPECT_EQ(ZSTD_compressStream2(context, &output, &nothing, ZSTD_e_end), 0u);
    ZSTD_freeCCtx(context);
    out.resize(output.pos);
    return out;
}

struct Result {
    std::string text;
    std::string error;
};

Result unpacked(const std::string& bytes, std::size_t piece = SIZE_MAX) {
    Result result;
    result.error = test::error_of([&] { result.text = decompress_all(text_source(bytes, piece), "x.zst", {}); });
    return result;
}

const std::string kSkipped("\x53\x2a\x4d\x18\x03\0\0\0abc", 11);

TEST(ZstdStream, ReadsFramesOneAfterTheOther) {
    const std::string text = std::string(300'000, 'a') + "end";
    const std::string frames = zstd(text) + kSkipped + zstd("") + zstd("more") + kSkipped;
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{7}, SIZE_MAX}) {
        const auto result = unpacked(frames, piece);
        EXPECT_EQ(result.error, "") << piece;
        EXPECT_TRUE(result.text == text + "more") << piece;
    }
    EXPECT_EQ(unpacked(kSkipped + zstd("x")).text, "x");
    EXPECT_EQ(unpacked(compressed("by libarchive", &::archive_write_add_filter_zstd)).text, "by libarchive");
}

TEST(ZstdStream, RefusesDamage) {
    const std::string good = zstd("some text that is in a frame");
    for (const std::size_t piece : {std::size_t{1}, SIZE_MAX}) {
        for (std::size_t size = 5; size < good.size(); ++size) EXPECT_EQ(unpacked(good.substr(0, size), piece).error, "x.zst: damaged: it ends too early") << size;
        EXPECT_EQ(unpacked(good + "garbage", piece).error, "x.zst: 7 bytes after the end of the compressed data");
        EXPECT_EQ(unpacked(good + "x", piece).error, "x.zst: 1 bytes after the end of the compressed data");
        EXPECT_EQ(unpacked(good + kSkipped.substr(0, 9), piece).error, "x.zst: damaged: it ends too early");
        std::string other = good;
        other[other.size() - 1] = static_cast<char>(other[other.size() - 1] ^ 1);
        EXPECT_EQ(unpacked(other, piece).error.substr(0, 15), "x.zst: damaged:");
    }
}

TEST(ZstdStream, RefusesWindowsThatAreTooLarge) {
    EXPECT_EQ(unpacked(zstd("text", 25)).text, "text");
    EXPECT_EQ(unpacked(zstd("text", 26)).error,
              "x.zst: it is compressed with a window of more than 32 MiB, which would have to be in memory: compress it without --long, "
              "and with a level below 21");
}

} // namespace
} // namespace lxcpp::image
