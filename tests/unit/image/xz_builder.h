// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <gtest/gtest.h>
#include <lzma.h>
#include <string>
#include <string_view>

namespace lxcpp::image {

// One .xz stream, a new block after each block_size bytes. With sizes, as xz -T writes them, in the
// headers of its blocks.
inline std::string make_xz(std::string_view text, std::size_t block_size, std::uint32_t dictionary = 1u << 20) {
    lzma_options_lzma options;
    EXPECT_FALSE(lzma_lzma_preset(&options, 0));
    options.dict_size = dictionary;
    const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
    lzma_mt threads{};
    threads.threads = 1;
    threads.block_size = block_size;
    threads.filters = filters;
    threads.check = LZMA_CHECK_CRC64;
    lzma_stream stream = LZMA_STREAM_INIT;
    EXPECT_EQ(lzma_stream_encoder_mt(&stream, &threads), LZMA_OK);
    std::string out(text.size() + (64u << 10) + text.size() / block_size * 1024, '\0');
    stream.next_in = reinterpret_cast<const std::uint8_t*>(text.data());
    stream.avail_in = text.size();
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream.avail_out = out.size();
    lzma_ret result = LZMA_OK;
    while (result == LZMA_OK) result = lzma_code(&stream, LZMA_FINISH);
    EXPECT_EQ(result, LZMA_STREAM_END);
    out.resize(out.size() - stream.avail_out);
    lzma_end(&stream);
    return out;
}

} // namespace lxcpp::image
