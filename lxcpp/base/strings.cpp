// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"

#include <lxcpp/error.h>

#include <charconv>
#include <limits>

namespace lxcpp {
namespace {

constexpr std::string_view kSpaces = " \t\r\n\v\f";
constexpr char kHexDigits[] = "0123456789abcdef";

template <typename Number>
std::optional<Number> parse_whole(std::string_view text, int base) noexcept {
    Number value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
    return value;
}

struct CodePoint {
    std::uint32_t value = 0;
    std::size_t length = 0; // 0: not valid UTF-8
};

// The smallest code point that may take a sequence of this length: shorter forms are refused.
constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};

std::size_t sequence_length(unsigned char lead) noexcept {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    if (lead >= 0xe0 && lead < 0xf0) return 3;
    if (lead >= 0xf0 && lead < 0xf5) return 4;
    return 0;
}

CodePoint decode(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = sequence_length(lead);
    if (length == 0 || length > text.size()) return {};
    if (length == 1) return {lead, 1};
    std::uint32_t value = lead & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0u) != 0x80) return {};
        value = (value << 6) | (byte & 0x3fu);
    }
    const bool surrogate = value >= 0xd800 && value < 0xe000;
    if (value < kSmallest[length] || value > 0x10ffff || surrogate) return {};
    return {value, length};
}

// Controls, line and paragraph separators, and what hides or reorders text (zero width, bidi,
// tags).
bool is_harmful(std::uint32_t c) noexcept {
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return true;
    if (c == 0xad || c == 0x61c || c == 0x180e || c == 0xfeff) return true;
    if (c >= 0x200b && c <= 0x200f) return true;
    if (c >= 0x2028 && c <= 0x202e) return true;
    if (c >= 0x2060 && c <= 0x206f) return true;
    return (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

void append_escaped(std::string& out, std::string_view bytes) {
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += "\\x";
        out += kHexDigits[byte >> 4];
        out += kHexDigits[byte & 15u];
    }
}

} // namespace

std::string_view trim(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(kSpaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> fields;
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find(separator, begin)) != std::string_view::npos;
         begin = end + 1) {
        fields.push_back(text.substr(begin, end - begin));
    }
    fields.push_back(text.substr(begin));
    return fields;
}

std::vector<std::string_view> split_words(std::string_view text) {
    std::vector<std::string_view> words;
    std::size_t begin = 0;
    while ((begin = text.find_first_not_of(" \t", begin)) != std::string_view::npos) {
        const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
        words.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

std::vector<std::string_view> split_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) text += separator;
        text += parts[i];
    }
    return text;
}

std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept {
    return parse_whole<std::uint64_t>(text, 10);
}

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    if (hex) text.remove_prefix(2);
    const auto magnitude = parse_whole<std::uint64_t>(text, hex ? 16 : 10);
    if (!magnitude) return std::nullopt;
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (*magnitude > kMax + (negative ? 1 : 0)) return std::nullopt;
    return static_cast<std::int64_t>(negative ? 0 - *magnitude : *magnitude);
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const CodePoint point = decode(text);
        const std::size_t length = point.length == 0 ? 1 : point.length;
        const std::string_view bytes = text.substr(0, length);
        if (point.length == 0 || is_harmful(point.value))
            append_escaped(out, bytes);
        else
            out += bytes;
        text.remove_prefix(length);
    }
    return out;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        text += kHexDigits[byte >> 4];
        text += kHexDigits[byte & 15u];
    }
    return text;
}

std::uint64_t fnv1a(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

} // namespace lxcpp
