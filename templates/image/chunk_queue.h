// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <span>
#include <vector>

namespace lxcpp::image {

// Bytes on their way from threads that make them to one that takes them. They come in parts, which
// several threads may fill at once and which are taken in the order of their numbers, without gaps
// from 0 on. What waits in here is bounded; only the part that is being taken may always go on.
class ChunkQueue {
public:
    using Chunk = std::vector<char>;

    explicit ChunkQueue(std::size_t budget) : budget_(budget) {}

    // An empty chunk to fill (of size bytes), perhaps one that was taken before.
    [[nodiscard]] Chunk chunk(std::size_t size);
    // False when nobody takes any more: give up. Waits for room.
    [[nodiscard]] bool put(std::uint64_t part, Chunk chunk);
    void end_part(std::uint64_t part);
    // No part of this number or above comes.
    void end(std::uint64_t part);
    // What is taken next is this exception, whatever still waits.
    void fail(std::exception_ptr error);

    // Some bytes; 0 = the end. Rethrows what fail() was given.
    [[nodiscard]] std::size_t take(std::span<char> into);
    // The same without a copy: at most so many, valid until the next call; empty at the end.
    [[nodiscard]] std::span<const char> view(std::size_t most);
    // Nobody takes any more.
    void stop();

private:
    struct Part {
        std::deque<Chunk> chunks;
        std::size_t bytes = 0;
        bool ended = false;
    };
    [[nodiscard]] bool has_room(std::uint64_t part);
    [[nodiscard]] bool next_chunk(std::unique_lock<std::mutex>& lock);

    const std::size_t budget_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable filled_;
    std::map<std::uint64_t, Part> parts_;
    std::vector<Chunk> spare_;
    std::uint64_t head_ = 0;
    std::uint64_t count_ = UINT64_MAX; // of all parts
    std::size_t waiting_ = 0;          // bytes in all parts
    bool stopped_ = false;
    std::exception_ptr error_;
    Chunk current_; // the taker's alone
    std::size_t used_ = 0;
};

} // namespace lxcpp::image
