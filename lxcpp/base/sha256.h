// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lxcpp {

// SHA-256 (FIPS 180-4), streaming; uses the processor's SHA instructions where it has them.
class Sha256 {
public:
    using Digest = std::array<std::uint8_t, 32>;

    Sha256() noexcept { reset(); }
    void reset() noexcept;
    void update(std::span<const std::uint8_t> data) noexcept;
    void update(std::string_view data) noexcept;
    // The digest of everything so far; the object then starts over.
    [[nodiscard]] Digest finish() noexcept;
    [[nodiscard]] std::string finish_hex(); // 64 lower-case digits

private:
    std::array<std::uint32_t, 8> state_;
    std::array<std::uint8_t, 64> block_; // the part of a block that waits for the rest
    std::uint64_t length_;
};

[[nodiscard]] std::string sha256_hex(std::string_view data);

} // namespace lxcpp
