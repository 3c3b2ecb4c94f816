// SPDX-License-Identifier: Apache-2.0
#include "image/server_path.h"

#include <algorithm>

namespace lxcpp::image {
namespace {

constexpr std::size_t kLongestPath = 1024;
constexpr std::size_t kLongestWord = 128;

constexpr bool is_word_character(char c) noexcept {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') ||
           std::string_view("._:+~@=,-").find(c) != std::string_view::npos;
}

bool all_word_characters(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), is_word_character);
}

bool is_hex_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

std::optional<std::string_view> problem_of_component(std::string_view part) noexcept {
    if (part.empty()) return "a path with an empty component";
    if (part == "." || part == "..") return "a path that leaves its directory";
    if (!all_word_characters(part)) return "a path with characters that need escaping";
    return std::nullopt;
}

} // namespace

std::optional<std::string_view> problem_of_server_path(std::string_view path) noexcept {
    if (path.empty()) return "an empty path";
    if (path.size() > kLongestPath) return "a path that is too long";
    if (path.front() == '/') return "an absolute path";
    // "https:x" and "C:x"; builds in the middle of a path may have one: 20260101_05:24.
    if (path.substr(0, path.find('/')).find(':') != path.npos) return "a path with a scheme";
    while (true) {
        const auto slash = path.find('/');
        if (const auto problem = problem_of_component(path.substr(0, slash))) return problem;
        if (slash == path.npos) return std::nullopt;
        path.remove_prefix(slash + 1);
    }
}

bool is_server_word(std::string_view word) noexcept {
    return word.size() <= kLongestWord && !problem_of_component(word);
}

bool is_sha256(std::string_view text) noexcept {
    return text.size() == 64 && std::all_of(text.begin(), text.end(), is_hex_digit);
}

} // namespace lxcpp::image
