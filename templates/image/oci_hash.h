// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/sha256.h"
#include "image/oci_digest.h"
#include "image/sha512.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lxcpp::image {

// Hashes what a digest names, by its algorithm; without a digest by SHA-256.
class OciHash {
public:
    OciHash() = default;
    explicit OciHash(const OciDigest& digest) : long_(digest.algorithm == "sha512" ? std::optional<Sha512>(Sha512()) : std::nullopt) {}

    void reset() noexcept { long_ ? long_->reset() : short_.reset(); }
    void update(std::span<const std::uint8_t> data) noexcept { long_ ? long_->update(data) : short_.update(data); }
    void update(std::string_view data) noexcept { long_ ? long_->update(data) : short_.update(data); }
    // Of everything so far; the object then starts over.
    [[nodiscard]] OciDigest finish() {
        if (long_) return {.algorithm = "sha512", .hex = long_->finish_hex()};
        return {.algorithm = "sha256", .hex = short_.finish_hex()};
    }

private:
    Sha256 short_;
    std::optional<Sha512> long_;
};

// "NAME: sha256 is X, expected Y" unless both are the same; what stands after the algorithm's name, with a blank behind.
void require_oci_digest(const OciDigest& expected, const OciDigest& found, std::string_view name, std::string_view what = {});

} // namespace lxcpp::image
