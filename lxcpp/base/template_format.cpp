// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "base/template_filters.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <optional>

namespace lxcpp {
namespace {

constexpr std::int64_t kWidest = 1'000'000;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// One verb of Go's Printf: %s, %5d, %-8s, %05.1f, %x, %v; %% is a percent sign.
class GoFormat {
public:
    GoFormat(const std::string& format, const FilterCall& call) : rest_(format), call_(call) {}

    std::string write() {
        std::string result;
        bool used = false;
        while (!rest_.empty()) {
            const char c = take();
            if (c != '%') {
                result += c;
            } else if (rest_.starts_with('%')) {
                result += take();
            } else {
                if (used) throw Error("stringformat: there is one value only");
                used = true;
                result += verb();
            }
            require_size(result.size(), call_.most);
        }
        if (!used) throw Error("stringformat: its argument has no place for the value, as %s is");
        return result;
    }

private:
    char take() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    std::optional<std::int64_t> take_number() {
        std::string digits;
        while (!rest_.empty() && is_digit(rest_.front()) && digits.size() < 7) digits += take();
        if (digits.empty()) return std::nullopt;
        return value_number(digits);
    }

    std::string verb() {
        constexpr std::string_view kFlags = "-+0 ";
        std::string flags;
        while (!rest_.empty() && kFlags.find(rest_.front()) != kFlags.npos) flags += take();
        const std::int64_t width = std::min(take_number().value_or(0), kWidest);
        std::optional<std::int64_t> precision;
        if (rest_.starts_with('.')) {
            take();
            precision = take_number().value_or(0);
        }
        if (rest_.empty()) throw Error("stringformat: nothing comes after \"%\"");
        return pad(value(take(), flags, precision), flags, width);
    }

    std::string value(char verb, const std::string& flags,
                      std::optional<std::int64_t> precision) const {
        const bool number = std::holds_alternative<std::int64_t>(call_.value.value);
        const std::string plus =
            flags.find('+') != flags.npos && value_fraction(call_.value) >= 0 ? "+" : "";
        switch (verb) {
        case 'v':
            return number ? plus + value_text(call_.value)
                          : cut(value_text(call_.value), precision);
        case 's':
            return cut(value_text(call_.value), precision);
        case 'q':
            return '"' + filtered("addslashes") + '"';
        case 'f':
            return plus + fmt::format("{:.{}f}", value_fraction(call_.value),
                                      std::min<std::int64_t>(precision.value_or(6), 100));
        case 'd':
            return plus + std::to_string(required(number, verb));
        case 'o':
            return fmt::format("{:o}", required(number, verb));
        case 'b':
            return fmt::format("{:b}", required(number, verb));
        case 'x':
            return number ? fmt::format("{:x}", value_number(call_.value)) : filtered("toHex");
        case 'X':
            return number ? fmt::format("{:X}", value_number(call_.value))
                          : value_text(apply_filter("upper", filtered("toHex"), {}, call_.most));
        default:
            throw Error(
                fmt::format("stringformat: %{} is not known", printable(std::string(1, verb))));
        }
    }

    std::string filtered(std::string_view name) const {
        return value_text(apply_filter(name, call_.value, {}, call_.most));
    }

    std::int64_t required(bool number, char verb) const {
        if (!number)
            throw Error(
                fmt::format("stringformat: %{} is for numbers: integer makes one of a text", verb));
        return value_number(call_.value);
    }

    static std::string cut(const std::string& text, std::optional<std::int64_t> precision) {
        return precision ? std::string(first_characters(text, static_cast<std::size_t>(*precision)))
                         : text;
    }

    static std::string pad(std::string text, const std::string& flags, std::int64_t width) {
        const auto size = static_cast<std::int64_t>(character_count(text));
        if (size >= width) return text;
        const auto missing = static_cast<std::size_t>(width - size);
        if (flags.find('-') != flags.npos) return text + std::string(missing, ' ');
        if (flags.find('0') == flags.npos) return std::string(missing, ' ') + text;
        const bool sign = text.starts_with('-') || text.starts_with('+');
        return text.insert(sign ? 1 : 0, missing, '0');
    }

    std::string_view rest_;
    const FilterCall& call_;
};

} // namespace

TemplateValue formatted_as_go_does(const FilterCall& call) {
    const std::string format = value_text(call.argument);
    return GoFormat(format, call).write();
}

} // namespace lxcpp
