// SPDX-License-Identifier: Apache-2.0
#include "base/ascii.h"
#include "base/strings.h"
#include "base/template_filters.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

// Filters that make a text of a text.
namespace lxcpp {
namespace {

constexpr std::int64_t kWidest = 1'000'000;

// ASCII only, as ascii_lower().
char upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

TemplateValue each_byte(const TemplateValue& value, char (*change)(char) noexcept) {
    std::string text = value_text(value);
    std::ranges::transform(text, text.begin(), change);
    return text;
}
TemplateValue to_lower(const FilterCall& call) {
    return each_byte(call.value, ascii_lower);
}
TemplateValue to_upper(const FilterCall& call) {
    return each_byte(call.value, upper);
}

TemplateValue capitalize_first(const FilterCall& call) {
    std::string text = value_text(call.value);
    if (!text.empty()) text.front() = upper(text.front());
    return text;
}

// The first letter of each word is large, all others small; a word is what letters, digits and "_"
// follow each other in.
TemplateValue title(const FilterCall& call) {
    if (!std::holds_alternative<std::string>(call.value.value)) return "";
    std::string text = value_text(call.value);
    bool within = false;
    for (char& c : text) {
        c = within ? ascii_lower(c) : upper(c);
        within = is_letter(c) || is_digit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    }
    return text;
}

std::string with_each(std::string_view text, std::string_view part, std::string_view other,
                      std::size_t most) {
    if (part.empty()) return std::string(text);
    std::string result;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part)) {
        result.append(text.substr(0, at)).append(other);
        require_size(result.size(), most);
        text.remove_prefix(at + part.size());
    }
    return result.append(text);
}

TemplateValue without(const FilterCall& call) {
    return with_each(value_text(call.value), value_text(call.argument), "", call.most);
}

// What each byte becomes, unless it stays.
template <typename Change>
TemplateValue escaped(const FilterCall& call, const Change& change) {
    std::string result;
    for (const char c : value_text(call.value)) {
        result += change(c);
        require_size(result.size(), call.most);
    }
    return result;
}

TemplateValue for_html(const FilterCall& call) {
    return escaped(call, [](char c) -> std::string {
        switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";
        default:
            return std::string(1, c);
        }
    });
}

TemplateValue with_slashes(const FilterCall& call) {
    return escaped(call, [](char c) {
        return c == '\\' || c == '"' || c == '\'' ? std::string{'\\', c} : std::string(1, c);
    });
}

// Also "/" is written as a number; a blank is "+".
TemplateValue for_query(const FilterCall& call) {
    return escaped(call, [](char c) {
        constexpr std::string_view kPlain = "-_.~";
        if (is_letter(c) || is_digit(c) || kPlain.find(c) != kPlain.npos) return std::string(1, c);
        return c == ' ' ? std::string("+") : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    });
}

TemplateValue hexadecimal(const FilterCall& call) {
    return escaped(call,
                   [](char c) { return fmt::format("{:02x}", static_cast<unsigned char>(c)); });
}

TemplateValue with_line_breaks(const FilterCall& call) {
    return with_each(value_text(call.value), "\n", "<br />", call.most);
}

TemplateValue with_line_numbers(const FilterCall& call) {
    const std::string text = value_text(call.value);
    std::string result;
    std::size_t number = 0;
    for (const std::string_view line : split(text, '\n')) {
        if (number != 0) result += '\n';
        result += fmt::format("{}. {}", ++number, line);
        require_size(result.size(), call.most);
    }
    return result;
}

// "<b>", "</b>", "<br/>": of any name, or of one.
std::string without_tags(std::string_view text, std::string_view name) {
    std::string result;
    while (!text.empty()) {
        const std::size_t end = text.front() == '<' ? text.find('>') : text.npos;
        if (end == text.npos) {
            result += text.front();
            text.remove_prefix(1);
            continue;
        }
        std::string_view inner = text.substr(1, end - 1);
        if (inner.starts_with('/')) inner.remove_prefix(1);
        if (inner.ends_with('/')) inner.remove_suffix(1);
        if (!name.empty() && inner != name) result += text.substr(0, end + 1);
        text.remove_prefix(end + 1);
    }
    return result;
}

TemplateValue strip_tags(const FilterCall& call) {
    return std::string(trim(without_tags(value_text(call.value), "")));
}
TemplateValue remove_tags(const FilterCall& call) {
    std::string text = value_text(call.value);
    const std::string names = value_text(call.argument);
    for (const std::string_view name : split(names, ','))
        if (!name.empty()) text = without_tags(text, name);
    return std::string(trim(text));
}

struct Padding {
    std::size_t left = 0;
    std::size_t right = 0;
};
TemplateValue padded(const FilterCall& call, Padding (*share)(std::size_t missing)) {
    const std::string text = value_text(call.value);
    const std::int64_t width = std::min(value_number(call.argument), kWidest);
    const auto size = static_cast<std::int64_t>(character_count(text));
    if (width <= size) return text;
    const Padding padding = share(static_cast<std::size_t>(width - size));
    require_size(text.size() + padding.left + padding.right, call.most);
    return std::string(padding.left, ' ') + text + std::string(padding.right, ' ');
}
TemplateValue to_the_left(const FilterCall& call) {
    return padded(call, [](std::size_t missing) { return Padding{0, missing}; });
}
TemplateValue to_the_right(const FilterCall& call) {
    return padded(call, [](std::size_t missing) { return Padding{missing, 0}; });
}
TemplateValue to_the_middle(const FilterCall& call) {
    return padded(call, [](std::size_t missing) {
        return Padding{missing - missing / 2, missing / 2};
    });
}

TemplateValue count_words(const FilterCall& call) {
    const std::string text = value_text(call.value);
    return static_cast<std::int64_t>(split_words(text).size());
}

// So many words a line.
TemplateValue wrap_words(const FilterCall& call) {
    const std::int64_t most = value_number(call.argument);
    if (most <= 0) return call.value;
    std::string text = value_text(call.value);
    std::string result;
    std::int64_t number = 0;
    for (const std::string_view word : split_words(text)) {
        if (number != 0) result += number % most == 0 ? '\n' : ' ';
        result += word;
        ++number;
    }
    return result;
}

TemplateValue first_words(const FilterCall& call) {
    const std::int64_t most = value_number(call.argument);
    if (most <= 0) return "";
    const std::string text = value_text(call.value);
    std::string result;
    std::int64_t number = 0;
    for (const std::string_view word : split_words(text)) {
        if (number != 0) result += ' ';
        if (number++ == most) return result + "...";
        result += word;
    }
    return result;
}

TemplateValue shortened(const FilterCall& call) {
    const std::string text = value_text(call.value);
    const auto most = static_cast<std::size_t>(
        std::clamp<std::int64_t>(value_number(call.argument), 0, INT32_MAX));
    if (character_count(text) <= most) return text;
    constexpr std::string_view kDots = "...";
    if (most < kDots.size()) return std::string(first_characters(text, most));
    return std::string(first_characters(text, most - kDots.size())) + std::string(kDots);
}

TemplateValue as_fraction(const FilterCall& call) {
    return fmt::format("{:f}", value_fraction(call.value));
}

// So many digits behind the point; of none, a negative number or without one a whole number stays
// whole.
TemplateValue float_format(const FilterCall& call) {
    const double value = value_fraction(call.value);
    const bool given = std::holds_alternative<std::int64_t>(call.argument.value);
    const std::int64_t wanted = std::holds_alternative<std::monostate>(call.argument.value)
                                    ? -1
                                    : value_number(call.argument);
    const bool shortest = !given || wanted <= 0;
    if (shortest && value == static_cast<double>(value_number(call.value)))
        return value_number(call.value);
    return fmt::format("{:.{}f}", value,
                       std::clamp<std::int64_t>(wanted < 0 ? -wanted : wanted, 0, 100));
}

constexpr std::array kFilters{
    TemplateFilter{"addslashes", with_slashes},
    TemplateFilter{"capfirst", capitalize_first},
    TemplateFilter{"center", to_the_middle},
    TemplateFilter{"cut", without},
    TemplateFilter{"escape", for_html},
    TemplateFilter{"float", as_fraction},
    TemplateFilter{"floatformat", float_format},
    TemplateFilter{"linebreaksbr", with_line_breaks},
    TemplateFilter{"linenumbers", with_line_numbers},
    TemplateFilter{"ljust", to_the_left},
    TemplateFilter{"lower", to_lower},
    TemplateFilter{"removetags", remove_tags},
    TemplateFilter{"rjust", to_the_right},
    TemplateFilter{"stringformat", formatted_as_go_does},
    TemplateFilter{"striptags", strip_tags},
    TemplateFilter{"title", title},
    TemplateFilter{"toHex", hexadecimal},
    TemplateFilter{"truncatechars", shortened},
    TemplateFilter{"truncatewords", first_words},
    TemplateFilter{"upper", to_upper},
    TemplateFilter{"urlencode", for_query},
    TemplateFilter{"wordcount", count_words},
    TemplateFilter{"wordwrap", wrap_words},
};

} // namespace

std::span<const TemplateFilter> text_filters() noexcept {
    return kFilters;
}

} // namespace lxcpp
