// SPDX-License-Identifier: Apache-2.0
#include "image/compress.h"

#include "support/error_of.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>
#include <optional>
#include <string>

namespace lxcpp::image {
namespace {

// Text that compresses somewhat, and longer than what one thread is given at once.
std::string some_text(std::size_t size) {
    std::string text;
    text.reserve(size);
    for (std::uint32_t state = 1; text.size() < size;) {
        state = state * 1664525u + 1013904223u;
        text += std::to_string(state >> 20) + (state % 7 == 0 ? "\n" : " a word ");
    }
    text.resize(size);
    return text;
}

std::string compressed(const std::string& text, Compression compression, const CompressorOptions& options = {}) {
    std::string result;
    Compressor compressor(compression, [&](std::string_view bytes) { result += bytes; }, options);
    for (std::size_t at = 0; at < text.size(); at += 100'000) compressor.write(std::string_view(text).substr(at, 100'000));
    compressor.finish();
    return result;
}

constexpr Compression kAll[] = {Compression::Gzip, Compression::Xz,   Compression::Zstd, Compression::Bzip2,
                                Compression::Lzma, Compression::Lzip, Compression::Lz4};

TEST(Compressor, LevelsMakeADifference) {
    const std::string text = some_text(300'000);
    for (const auto compression : {Compression::Gzip, Compression::Zstd, Compression::Bzip2, Compression::Lzma, Compression::Lzip, Compression::Xz}) {
        const auto low = compressed(text, compression, {.level = 1});
        const auto high = compressed(text, compression, {.level = 9});
        EXPECT_LT(high.size(), low.size()) << compression_suffix(compression);
        EXPECT_TRUE(high == compressed(text, compression, {.level = 9}));
    }
}

TEST(Compressor, TheSameWhateverTheThreads) {
    const std::string text = some_text(5u << 20);
    for (const auto compression : {Compression::Xz, Compression::Zstd}) {
        for (const std::optional<unsigned> level : {std::optional<unsigned>(), std::optional(1u)}) {
            const auto alone = compressed(text, compression, {.level = level, .threads = 1});
            EXPECT_TRUE(alone == compressed(text, compression, {.level = level, .threads = 3})) << compression_suffix(compression);
        }
    }
}

// The same text farther back than the usual block reaches: what an image's archive must not store twice.
TEST(Compressor, XzOfAnImageSeesAsFarAsTheProgramsOwn) {
    const std::string part = some_text(5u << 19); // more than the usual dictionary, and together more than a block
    const std::string text = part + part;
    const auto usual = compressed(text, Compression::Xz);
    const auto image = compressed(text, Compression::Xz, {.image = true});
    const auto level = compressed(text, Compression::Xz, {.level = 6});
    EXPECT_LT(image.size(), usual.size() * 2 / 3);
    EXPECT_LT(image.size(), level.size() * 5 / 4);
    EXPECT_TRUE(image == compressed(text, Compression::Xz, {.image = true, .threads = 3}));
    const std::string little = part.substr(0, 1u << 18);
    EXPECT_TRUE(compressed(little, Compression::Xz, {.level = 6}) == compressed(little, Compression::Xz, {.level = 6, .image = true}));
}

TEST(Compressor, RefusesLevelsThatThereAreNot) {
    EXPECT_EQ(test::error_of([] { compressed("x", Compression::Gzip, {.level = 10}); }), "compress with gzip: it has no such level");
    EXPECT_EQ(test::error_of([] { compressed("x", Compression::Xz, {.level = 10}); }), "compress with xz: it has no such level");
    EXPECT_EQ(test::error_of([] { compressed("x", Compression::Zstd, {.level = 23}); }), "compress with zstd: it has no such level");
    EXPECT_NE(test::error_of([] { compressed("x", Compression::Bzip2, {.level = 10}); }), "");
}

TEST(Compressor, TellsWhatTheSinkSays) {
    const std::string text = some_text(4u << 20);
    for (const auto compression : kAll) {
        const auto error = test::error_of([&] {
            Compressor compressor(compression, [](std::string_view) { throw Error("no room"); });
            compressor.write(text);
            compressor.finish();
        });
        EXPECT_EQ(error, "no room") << compression_suffix(compression);
    }
}

TEST(Compressor, MayBeGivenUp) {
    for (const auto compression : kAll) {
        std::size_t size = 0;
        { Compressor(compression, [&](std::string_view bytes) { size += bytes.size(); }).write(some_text(50'000)); }
        EXPECT_LT(size, 50'000u) << compression_suffix(compression);
    }
}

} // namespace
} // namespace lxcpp::image
