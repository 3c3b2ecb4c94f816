// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

// The blocks of .xz files: what lets several threads decompress one (xz -T, pixz and we write many).
namespace lxcpp::image {

struct XzBlock {
    std::uint64_t offset = 0; // of its header in the file
    std::uint64_t size = 0;   // up to the next block's
    std::uint64_t unpadded_size = 0;
    std::uint64_t content_size = 0;
    int check = 0; // lzma_check of its stream
};

// What the index of the file says, from its byte start on; none when the file is no .xz or what it
// says of itself makes no sense (a reader from the front tells why).
[[nodiscard]] std::vector<XzBlock> list_xz_blocks(FdRef file, std::uint64_t start, std::uint64_t size);

// What decompressing takes: the dictionary and what belongs to it. UINT64_MAX when it cannot be.
// head: the first bytes of the block (up to 1 KiB).
[[nodiscard]] std::uint64_t xz_block_memory(const XzBlock& block, std::span<const char> head);

// Decompresses a whole block. more gives its next bytes, valid until the next call (first at least 1 KiB, if there is as much);
// room gives the place for the next ones of the content, filled is told how many of them were used and may end it by
// false. Throws Error "WHAT: damaged: ...".
void decode_xz_block(const XzBlock& block, const std::function<std::span<const char>()>& more, const std::function<std::span<char>()>& room,
                     const std::function<bool(std::size_t)>& filled, const std::string& what);

} // namespace lxcpp::image
