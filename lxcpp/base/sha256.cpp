// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"

#include "base/sha256_compress.h"
#include "base/strings.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace lxcpp {

namespace {

constexpr std::size_t kBlock = 64;

std::uint32_t load_big_endian(const std::uint8_t* bytes) noexcept {
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
           std::uint32_t{bytes[2]} << 8 | bytes[3];
}

void store_big_endian(std::uint64_t value, std::uint8_t* out, std::size_t size) noexcept {
    for (std::size_t i = size; i-- > 0; value >>= 8) out[i] = static_cast<std::uint8_t>(value);
}

void compress(detail::Sha256State& state, const std::uint8_t* blocks, std::size_t count) noexcept {
    static const bool x86 = detail::sha256_has_x86();
    if (x86)
        detail::sha256_compress_x86(state, blocks, count);
    else
        detail::sha256_compress_portable(state, blocks, count);
}

} // namespace

namespace detail {

void sha256_compress_portable(Sha256State& state, const std::uint8_t* blocks,
                              std::size_t count) noexcept {
    for (; count != 0; --count, blocks += kBlock) {
        std::array<std::uint32_t, 64> w;
        for (std::size_t t = 0; t < 16; ++t) w[t] = load_big_endian(blocks + 4 * t);
        for (std::size_t t = 16; t < 64; ++t) {
            const auto near = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
            const auto far = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
            w[t] = near + w[t - 7] + far + w[t - 16];
        }
        auto [a, b, c, d, e, f, g, h] = state;
        for (std::size_t t = 0; t < 64; ++t) {
            const auto choose = (e & f) ^ (~e & g);
            const auto majority = (a & b) ^ (a & c) ^ (b & c);
            const auto sum_e = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
            const auto sum_a = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
            const auto first = h + sum_e + choose + kSha256Constants[t] + w[t];
            h = g, g = f, f = e, e = d + first;
            d = c, c = b, b = a, a = first + sum_a + majority;
        }
        const Sha256State added = {a, b, c, d, e, f, g, h};
        for (std::size_t i = 0; i < state.size(); ++i) state[i] += added[i];
    }
}

} // namespace detail

void Sha256::reset() noexcept {
    state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    length_ = 0;
}

void Sha256::update(std::span<const std::uint8_t> data) noexcept {
    if (data.empty()) return;
    const std::size_t waiting = length_ % kBlock;
    length_ += data.size();
    if (waiting != 0) {
        const std::size_t take = std::min(kBlock - waiting, data.size());
        std::memcpy(block_.data() + waiting, data.data(), take);
        if (waiting + take < kBlock) return;
        compress(state_, block_.data(), 1);
        data = data.subspan(take);
    }
    const std::size_t blocks = data.size() / kBlock;
    if (blocks != 0) compress(state_, data.data(), blocks);
    data = data.subspan(blocks * kBlock);
    if (!data.empty()) std::memcpy(block_.data(), data.data(), data.size());
}

void Sha256::update(std::string_view data) noexcept {
    update(std::span(reinterpret_cast<const std::uint8_t*>(data.data()), data.size()));
}

// Padding: one bit, zeros, and the length in bits as the last eight bytes of a block.
Sha256::Digest Sha256::finish() noexcept {
    std::array<std::uint8_t, 2 * kBlock> tail{};
    const std::size_t waiting = length_ % kBlock;
    std::copy_n(block_.begin(), waiting, tail.begin());
    tail[waiting] = 0x80;
    const std::size_t size = waiting + 9 <= kBlock ? kBlock : 2 * kBlock;
    store_big_endian(length_ * 8, tail.data() + size - 8, 8);
    compress(state_, tail.data(), size / kBlock);

    Digest digest;
    for (std::size_t i = 0; i < state_.size(); ++i)
        store_big_endian(state_[i], digest.data() + 4 * i, 4);
    reset();
    return digest;
}

std::string Sha256::finish_hex() { return to_hex(finish()); }

std::string sha256_hex(std::string_view data) {
    Sha256 hash;
    hash.update(data);
    return hash.finish_hex();
}

} // namespace lxcpp
