// SPDX-License-Identifier: Apache-2.0
#include "image/chunk_queue.h"

#include <algorithm>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::size_t kHeadBudget = 1u << 20;

} // namespace

ChunkQueue::Chunk ChunkQueue::chunk(std::size_t size) {
    Chunk result;
    {
        const std::lock_guard lock(mutex_);
        if (!spare_.empty()) {
            result = std::move(spare_.back());
            spare_.pop_back();
        }
    }
    result.resize(size);
    return result;
}

bool ChunkQueue::has_room(std::uint64_t part) {
    return waiting_ < budget_ || (part == head_ && parts_[part].bytes < kHeadBudget);
}

bool ChunkQueue::put(std::uint64_t part, Chunk chunk) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return stopped_ || error_ || has_room(part); });
    if (stopped_ || error_) return false;
    waiting_ += chunk.size();
    parts_[part].bytes += chunk.size();
    parts_[part].chunks.push_back(std::move(chunk));
    if (part == head_) filled_.notify_one();
    return true;
}

void ChunkQueue::end_part(std::uint64_t part) {
    const std::lock_guard lock(mutex_);
    parts_[part].ended = true;
    filled_.notify_one();
}

void ChunkQueue::end(std::uint64_t part) {
    const std::lock_guard lock(mutex_);
    count_ = part;
    filled_.notify_one();
}

void ChunkQueue::fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    filled_.notify_one();
    room_.notify_all();
}

void ChunkQueue::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    room_.notify_all();
}

// The next chunk that waits becomes current_; false at the end.
bool ChunkQueue::next_chunk(std::unique_lock<std::mutex>& lock) {
    for (;;) {
        if (error_) std::rethrow_exception(error_);
        if (head_ >= count_) return false;
        Part& part = parts_[head_];
        if (!part.chunks.empty()) {
            if (current_.capacity() != 0) spare_.push_back(std::move(current_)); // for all who come: freed memory is not given back
            current_ = std::move(part.chunks.front());
            part.chunks.pop_front();
            part.bytes -= current_.size();
            waiting_ -= current_.size();
            used_ = 0;
            room_.notify_all();
            return true;
        }
        if (part.ended) {
            parts_.erase(head_++);
            room_.notify_all();
            continue;
        }
        filled_.wait(lock);
    }
}

std::size_t ChunkQueue::take(std::span<char> into) {
    const auto bytes = view(into.size());
    std::copy(bytes.begin(), bytes.end(), into.begin());
    return bytes.size();
}

std::span<const char> ChunkQueue::view(std::size_t most) {
    while (used_ == current_.size()) {
        std::unique_lock lock(mutex_);
        if (!next_chunk(lock)) return {};
    }
    const auto bytes = std::span(current_).subspan(used_, std::min(most, current_.size() - used_));
    used_ += bytes.size();
    return bytes;
}

} // namespace lxcpp::image
