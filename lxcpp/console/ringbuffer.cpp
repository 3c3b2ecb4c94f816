// SPDX-License-Identifier: Apache-2.0
#include "console/ringbuffer.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace lxcpp {
namespace {

constexpr std::uint64_t kMaxCapacity = std::uint64_t{1} << 30;

std::size_t rounded(std::uint64_t capacity) {
    return capacity == 0 ? 0 : std::bit_ceil(std::min(capacity, kMaxCapacity));
}

} // namespace

RingBuffer::RingBuffer(std::uint64_t capacity)
    : capacity_(rounded(capacity)),
      bytes_(capacity_ == 0 ? nullptr : std::make_unique_for_overwrite<char[]>(capacity_)) {}

void RingBuffer::append(std::string_view data) noexcept {
    end_ += data.size();
    if (data.size() > capacity_) data.remove_prefix(data.size() - capacity_);
    std::uint64_t position = end_ - data.size();
    while (!data.empty()) {
        const std::size_t offset = position & (capacity_ - 1);
        const std::size_t count = std::min(data.size(), capacity_ - offset);
        std::memcpy(bytes_.get() + offset, data.data(), count);
        position += count;
        data.remove_prefix(count);
    }
    begin_ = std::max(begin_, end_ - std::min<std::uint64_t>(end_, capacity_));
}

RingBuffer::Slice RingBuffer::read(std::uint64_t position, std::size_t max) const {
    Slice slice;
    slice.next = std::clamp(position, begin_, end_);
    const std::uint64_t stop = slice.next + std::min<std::uint64_t>(max, end_ - slice.next);
    while (slice.next < stop) {
        const std::size_t offset = slice.next & (capacity_ - 1);
        const std::size_t count = std::min<std::uint64_t>(stop - slice.next, capacity_ - offset);
        slice.data.append(bytes_.get() + offset, count);
        slice.next += count;
    }
    slice.more = slice.next < end_;
    return slice;
}

} // namespace lxcpp
