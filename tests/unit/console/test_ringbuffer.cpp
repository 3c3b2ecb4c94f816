// SPDX-License-Identifier: Apache-2.0
#include "console/ringbuffer.h"

#include <gtest/gtest.h>

namespace lxcpp {
namespace {

std::string all(const RingBuffer& ring) { return ring.read(0, ring.capacity()).data; }

TEST(RingBuffer, CapacityIsAPowerOfTwo) {
    EXPECT_EQ(RingBuffer(0).capacity(), 0u);
    EXPECT_EQ(RingBuffer(1).capacity(), 1u);
    EXPECT_EQ(RingBuffer(4096).capacity(), 4096u);
    EXPECT_EQ(RingBuffer(4097).capacity(), 8192u);
    EXPECT_EQ(RingBuffer(~0ull).capacity(), 1u << 30); // memory is only taken when it is filled
}

TEST(RingBuffer, KeepsTheLastBytes) {
    RingBuffer ring(8);
    ring.append("abc");
    EXPECT_EQ(all(ring), "abc");
    ring.append("defgh");
    EXPECT_EQ(all(ring), "abcdefgh");
    ring.append("ij");
    EXPECT_EQ(all(ring), "cdefghij");
    ring.append("0123456789abcdefXYZ");
    EXPECT_EQ(all(ring), "bcdefXYZ");
    EXPECT_EQ(ring.end(), 29u);
    EXPECT_EQ(ring.begin(), 21u);
}

TEST(RingBuffer, EqualsALongStringAtEveryStep) {
    RingBuffer ring(16);
    std::string reference;
    for (int i = 0; i < 200; ++i) {
        const std::string piece(static_cast<std::size_t>(i * 7 % 23), static_cast<char>('a' + i % 26));
        ring.append(piece);
        reference += piece;
        const std::size_t kept = std::min<std::size_t>(reference.size(), 16);
        EXPECT_EQ(all(ring), reference.substr(reference.size() - kept));
    }
}

TEST(RingBuffer, ReadersContinueAndNoticeWhatIsGone) {
    RingBuffer ring(8);
    ring.append("abcdef");
    RingBuffer::Slice slice = ring.read(0, 4);
    EXPECT_EQ(slice.data, "abcd");
    EXPECT_EQ(slice.next, 4u);
    EXPECT_TRUE(slice.more);
    ring.append("ghijklmn"); // 14 bytes so far, 6..14 kept
    slice = ring.read(slice.next, 100);
    EXPECT_EQ(slice.data, "ghijklmn");
    EXPECT_EQ(slice.next, 14u);
    EXPECT_FALSE(slice.more);
    EXPECT_EQ(ring.read(999, 10).next, 14u); // a position from another time
}

TEST(RingBuffer, ClearKeepsPositions) {
    RingBuffer ring(8);
    ring.append("abc");
    ring.clear();
    EXPECT_EQ(all(ring), "");
    ring.append("d");
    EXPECT_EQ(all(ring), "d");
    EXPECT_EQ(ring.read(3, 8).data, "d");
}

TEST(RingBuffer, WithoutCapacityNothingIsKept) {
    RingBuffer ring(0);
    ring.append("abc");
    EXPECT_EQ(ring.end(), 3u);
    EXPECT_EQ(ring.read(0, 10).data, "");
    EXPECT_FALSE(ring.read(0, 10).more);
}

} // namespace
} // namespace lxcpp
