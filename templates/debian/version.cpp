// SPDX-License-Identifier: Apache-2.0
#include "debian/version.h"

#include <algorithm>

namespace lxcpp::debian {
namespace {

struct Parts {
    std::string_view epoch;
    std::string_view upstream;
    std::string_view revision;
};

Parts split_version(std::string_view text) noexcept {
    Parts parts;
    if (const auto colon = text.find(':'); colon != text.npos) {
        parts.epoch = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    const auto dash = text.rfind('-');
    parts.upstream = text.substr(0, dash);
    if (dash != text.npos) parts.revision = text.substr(dash + 1);
    return parts;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// '~' sorts before the end of a part, letters before everything else.
constexpr int weight(char c) noexcept {
    if (c == '~') return -1;
    if (is_letter(c)) return static_cast<unsigned char>(c);
    return static_cast<unsigned char>(c) + 256;
}

std::string_view take_digits(std::string_view& text) noexcept {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(digits.size());
    while (!digits.empty() && digits.front() == '0') digits.remove_prefix(1);
    return digits;
}

// Numbers of any length: without leading zeros the longer one is the greater one.
std::strong_ordering compare_numbers(std::string_view left, std::string_view right) noexcept {
    if (left.size() != right.size()) return left.size() <=> right.size();
    return left.compare(right) <=> 0;
}

int take_weight(std::string_view& text) noexcept {
    if (text.empty() || is_digit(text.front())) return 0;
    const int result = weight(text.front());
    text.remove_prefix(1);
    return result;
}

std::strong_ordering compare_part(std::string_view left, std::string_view right) noexcept {
    while (!left.empty() || !right.empty()) {
        while ((!left.empty() && !is_digit(left.front())) ||
               (!right.empty() && !is_digit(right.front()))) {
            const int a = take_weight(left);
            const int b = take_weight(right);
            if (a != b) return a <=> b;
        }
        const auto order = compare_numbers(take_digits(left), take_digits(right));
        if (order != 0) return order;
    }
    return std::strong_ordering::equal;
}

} // namespace

std::strong_ordering compare_versions(std::string_view left, std::string_view right) noexcept {
    const Parts a = split_version(left);
    const Parts b = split_version(right);
    if (const auto order = compare_part(a.epoch, b.epoch); order != 0) return order;
    if (const auto order = compare_part(a.upstream, b.upstream); order != 0) return order;
    return compare_part(a.revision, b.revision);
}

bool valid_version(std::string_view text) noexcept {
    constexpr std::string_view kOther = ".+-~:";
    return !text.empty() && text.size() <= 256 && is_digit(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return is_digit(c) || is_letter(c) || kOther.find(c) != kOther.npos;
           });
}

} // namespace lxcpp::debian
