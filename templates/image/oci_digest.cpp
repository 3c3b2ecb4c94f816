// SPDX-License-Identifier: Apache-2.0
#include "image/oci_hash.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/core.h>
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

void require_oci_digest(const OciDigest& expected, const OciDigest& found, std::string_view name, std::string_view what) {
    if (expected == found) return;
    throw Error(fmt::format("{}: {} {}is {}, expected {}", name, found.algorithm, what, found.hex, expected.hex));
}

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
