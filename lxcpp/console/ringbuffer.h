// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lxcpp {

// The last bytes of an endless stream. A byte's position is its number in the stream and never
// changes, so a reader can come back for more and notice what it missed. Memory is taken page by
// page as it is first filled.
class RingBuffer {
public:
    // Rounded up to a power of two, at most 1 GiB; 0 keeps nothing.
    explicit RingBuffer(std::uint64_t capacity);

    void append(std::string_view data) noexcept;
    void clear() noexcept { begin_ = end_; }

    struct Slice {
        std::string data;
        std::uint64_t next = 0; // position after data
        bool more = false;
    };
    // At most max bytes from position on, or from the oldest kept byte when position is gone.
    [[nodiscard]] Slice read(std::uint64_t position, std::size_t max) const;

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::uint64_t begin() const noexcept { return begin_; }
    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }

private:
    std::size_t capacity_;
    std::unique_ptr<char[]> bytes_;
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
};

} // namespace lxcpp
