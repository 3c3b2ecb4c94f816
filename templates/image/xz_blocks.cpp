// SPDX-License-Identifier: Apache-2.0
#include "image/xz_blocks.h"

#include "image/xz_error.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <lzma.h>
#include <memory>

namespace lxcpp::image {
namespace {

constexpr std::uint64_t kMaxIndexMemory = 4u << 20;

struct Stream {
    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() { lzma_end(&it); }
    lzma_stream it = LZMA_STREAM_INIT;
};

struct IndexDeleter {
    void operator()(lzma_index* index) const noexcept { lzma_index_end(index, nullptr); }
};
using Index = std::unique_ptr<lzma_index, IndexDeleter>;

// liblzma asks for the places it wants to see: the header, the footer, the index.
Index read_index(FdRef file, std::uint64_t start, std::uint64_t size) {
    lzma_index* raw = nullptr;
    Stream stream;
    if (lzma_file_info_decoder(&stream.it, &raw, kMaxIndexMemory, size) != LZMA_OK) return nullptr;
    std::array<char, 16u << 10> buffer;
    std::uint64_t at = 0;
    for (;;) {
        if (stream.it.avail_in == 0) {
            const auto want = std::min<std::uint64_t>(buffer.size(), size - at);
            const auto got = sys::read_at(file, std::span(buffer).first(want), start + at, "xz index");
            if (got == 0) return nullptr;
            at += got;
            stream.it.next_in = reinterpret_cast<const std::uint8_t*>(buffer.data());
            stream.it.avail_in = got;
        }
        const auto result = lzma_code(&stream.it, LZMA_RUN);
        if (result == LZMA_STREAM_END) return Index(raw);
        if (result == LZMA_SEEK_NEEDED) {
            at = stream.it.seek_pos;
            stream.it.avail_in = 0;
        } else if (result != LZMA_OK) {
            return nullptr;
        }
    }
}

// The filters of a block, with what liblzma allocated for them.
class BlockHeader {
public:
    // bytes: from the header on.
    BlockHeader(const XzBlock& block, std::span<const char> bytes) {
        const auto* head = reinterpret_cast<const std::uint8_t*>(bytes.data());
        block_.version = 1;
        block_.check = static_cast<lzma_check>(block.check);
        block_.filters = filters_.data();
        if (bytes.empty() || *head == 0) return;
        result_ = LZMA_UNSUPPORTED_CHECK;
        if (lzma_check_is_supported(block_.check) == 0) return;
        result_ = LZMA_DATA_ERROR;
        block_.header_size = lzma_block_header_size_decode(*head);
        if (block_.header_size > bytes.size()) return;
        result_ = lzma_block_header_decode(&block_, nullptr, head);
        if (result_ == LZMA_OK) result_ = lzma_block_compressed_size(&block_, block.unpadded_size);
        // Without one the decoder stops where the index says, with one they must agree.
        if (result_ == LZMA_OK && block_.uncompressed_size == LZMA_VLI_UNKNOWN)
            block_.uncompressed_size = block.content_size;
        if (result_ == LZMA_OK && block_.uncompressed_size != block.content_size) result_ = LZMA_DATA_ERROR;
    }
    BlockHeader(const BlockHeader&) = delete;
    BlockHeader& operator=(const BlockHeader&) = delete;
    ~BlockHeader() { lzma_filters_free(filters_.data(), nullptr); }

    [[nodiscard]] lzma_ret result() const { return result_; }
    [[nodiscard]] lzma_block& block() { return block_; }
    [[nodiscard]] std::uint64_t memory() const { return lzma_raw_decoder_memusage(filters_.data()); }

private:
    std::array<lzma_filter, LZMA_FILTERS_MAX + 1> filters_{{{LZMA_VLI_UNKNOWN, nullptr}}};
    lzma_block block_{};
    lzma_ret result_ = LZMA_DATA_ERROR;
};

} // namespace

std::vector<XzBlock> list_xz_blocks(FdRef file, std::uint64_t start, std::uint64_t size) {
    const Index index = read_index(file, start, size);
    if (!index) return {};
    std::vector<XzBlock> blocks;
    lzma_index_iter place;
    lzma_index_iter_init(&place, index.get());
    while (!lzma_index_iter_next(&place, LZMA_INDEX_ITER_BLOCK)) {
        blocks.push_back({.offset = start + place.block.compressed_file_offset,
                          .size = place.block.total_size,
                          .unpadded_size = place.block.unpadded_size,
                          .content_size = place.block.uncompressed_size,
                          .check = static_cast<int>(place.stream.flags->check)});
    }
    return blocks;
}

std::uint64_t xz_block_memory(const XzBlock& block, std::span<const char> head) {
    const BlockHeader header(block, head);
    return header.result() == LZMA_OK ? header.memory() : UINT64_MAX;
}

void decode_xz_block(const XzBlock& block, const std::function<std::span<const char>()>& more, const std::function<std::span<char>()>& room,
                     const std::function<bool(std::size_t)>& filled, const std::string& what) {
    const auto check = [&](lzma_ret result) {
        if (result != LZMA_OK) throw Error(fmt::format("{}: damaged: {}", what, xz_reason(result)));
    };
    auto bytes = more();
    BlockHeader header(block, bytes);
    check(header.result());
    bytes = bytes.subspan(header.block().header_size);
    Stream stream;
    check(lzma_block_decoder(&stream.it, &header.block()));
    const auto feed = [&] {
        if (bytes.empty()) bytes = more();
        stream.it.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
        stream.it.avail_in = bytes.size();
        const auto result = lzma_code(&stream.it, bytes.empty() ? LZMA_FINISH : LZMA_RUN);
        bytes = bytes.last(stream.it.avail_in);
        return result;
    };
    for (;;) {
        const auto place = room();
        stream.it.next_out = reinterpret_cast<std::uint8_t*>(place.data());
        stream.it.avail_out = place.size();
        auto result = LZMA_OK;
        while (result == LZMA_OK && stream.it.avail_out != 0) result = feed();
        if (result != LZMA_STREAM_END) check(result);
        if (!filled(place.size() - stream.it.avail_out) || result == LZMA_STREAM_END) break;
    }
}

} // namespace lxcpp::image
