// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/chunk_queue.h"
#include "image/tar_reader.h"

#include <cstddef>
#include <span>
#include <thread>

namespace lxcpp::image {

// Reads a source to its end in a thread of its own, some buffers ahead of who wants the bytes: decompression beside
// writing. What the source throws is thrown to the reader.
class ReadAhead {
public:
    explicit ReadAhead(ByteSource source);
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;
    ~ReadAhead(); // the rest is not read

    // 0 = end: the source was at its end, too.
    [[nodiscard]] std::size_t read(std::span<char> into) { return queue_.take(into); }
    // The same without a copy: at most so many, valid until the next call; empty at the end.
    [[nodiscard]] std::span<const char> view(std::size_t most) { return queue_.view(most); }

private:
    void produce(const ByteSource& source);

    ChunkQueue queue_;
    std::thread thread_;
};

} // namespace lxcpp::image
