// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lxcpp::image {

// SHA-512 (FIPS 180-4), streaming: images may name their blobs by it.
class Sha512 {
public:
    Sha512() noexcept { reset(); }
    void reset() noexcept;
    void update(std::span<const std::uint8_t> data) noexcept;
    void update(std::string_view data) noexcept;
    // The digest of everything so far, 128 lower-case digits; the object then starts over.
    [[nodiscard]] std::string finish_hex();

private:
    std::array<std::uint64_t, 8> state_;
    std::array<std::uint8_t, 128> block_; // the part of a block that waits for the rest
    std::uint64_t length_;
};

} // namespace lxcpp::image
