// SPDX-License-Identifier: Apache-2.0
#include "image/oci_digest.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::array<std::pair<std::string_view, std::size_t>, 2> kAlgorithms = {{
    {"sha256", 64},
    {"sha512", 128},
}};

bool is_hex_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

} // namespace

std::optional<OciDigest> parse_oci_digest(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == text.npos) return std::nullopt;
    const auto hex = text.substr(colon + 1);
    for (const auto& [algorithm, length] : kAlgorithms) {
        if (text.substr(0, colon) != algorithm || hex.size() != length) continue;
        if (!std::all_of(hex.begin(), hex.end(), is_hex_digit)) return std::nullopt;
        return OciDigest{std::string(algorithm), std::string(hex)};
    }
    return std::nullopt;
}

} // namespace lxcpp::image
