// SPDX-License-Identifier: Apache-2.0
#include "image/yaml_text.h"

#include "base/ascii.h"
#include "base/strings.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::image {
namespace {

// Words that are no texts to some reader.
constexpr std::array<std::string_view, 12> kWords{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", ".nan", ".inf"};

bool is_plain_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("_./+@%^()$").find(c) != std::string_view::npos;
}

bool is_word(std::string_view text) {
    return std::ranges::find(kWords, ascii_lower(text)) != kWords.end();
}

// Letters and the like, with blanks and dashes inside; and no number, whatever kind.
bool is_plain(std::string_view text) {
    if (text.empty() || is_word(text) || !((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z') || text[0] == '/')) return false;
    if (text.back() == ' ') return false;
    return std::ranges::all_of(text, [](char c) { return is_plain_char(c) || c == ' ' || c == '-'; });
}

// One of the control characters U+0080 to U+009F: terminals take some for orders, and YAML takes none as they are.
bool is_c1(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    return byte(at) == 0xc2 && byte(at + 1) >= 0x80 && byte(at + 1) < 0xa0;
}

// Printable lines that begin with no blank; the last may end or not.
bool is_block(std::string_view text) {
    if (text.find('\n') == text.npos || text.front() == '\n' || text.front() == ' ' || text.ends_with("\n\n")) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool printable = c == '\n' || c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
        if (!printable || is_c1(text, i)) return false;
    }
    return true;
}

std::string block(std::string_view text, std::size_t depth) {
    std::string result = text.ends_with('\n') ? "|" : "|-";
    for (const std::string_view line : split_lines(text)) {
        result += '\n';
        if (!line.empty()) result += std::string(depth, ' ').append(line);
    }
    return result;
}

} // namespace

std::string yaml_quoted(std::string_view text) {
    std::string result = "\"";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (c == '\n') {
            result += "\\n";
        } else if (is_c1(text, i)) {
            result += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[++i])));
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            result += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            result += c;
        }
    }
    return result + '"';
}

std::string yaml_scalar(std::string_view text, std::size_t depth) {
    if (is_plain(text)) return std::string(text);
    if (depth > 0 && is_block(text)) return block(text, depth);
    return yaml_quoted(text);
}

} // namespace lxcpp::image
