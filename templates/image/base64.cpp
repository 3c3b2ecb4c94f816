// SPDX-License-Identifier: Apache-2.0
#include "image/base64.h"

#include <cstdint>

namespace lxcpp::image {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The four characters of up to three bytes.
void encode_group(std::string_view bytes, std::string& text) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
        bits = bits << 8 | (i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i)
        text += i <= bytes.size() ? kAlphabet[bits >> (18 - 6 * i) & 63] : '=';
}

// The bytes of four characters; false where one is not of the alphabet.
bool decode_group(std::string_view group, std::string& bytes) {
    const std::size_t used = group.find('=') == group.npos ? 4 : group.find('=');
    if (used < 2 || group.substr(used).find_first_not_of('=') != group.npos) return false;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const auto value = i < used ? kAlphabet.find(group[i]) : 0;
        if (value == kAlphabet.npos) return false;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
    }
    for (std::size_t i = 0; i + 1 < used; ++i)
        bytes += static_cast<char>(bits >> (16 - 8 * i) & 255);
    return true;
}

} // namespace

std::string encode_base64(std::string_view bytes) {
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) encode_group(bytes.substr(at, 3), text);
    return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); at += 4) {
        const bool last = at + 4 == text.size();
        const auto group = text.substr(at, 4);
        if (!last && group.back() == '=') return std::nullopt;
        if (!decode_group(group, bytes)) return std::nullopt;
    }
    // Bits that belong to no byte must be 0: one text for the same bytes.
    if (encode_base64(bytes) != text) return std::nullopt;
    return bytes;
}

} // namespace lxcpp::image
