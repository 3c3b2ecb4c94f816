// SPDX-License-Identifier: Apache-2.0
#include "base/template_value.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <charconv>
#include <fmt/core.h>
#include <optional>
#include <system_error>

namespace lxcpp {
namespace {

using List = TemplateValue::List;
using Map = TemplateValue::Map;

// Of a text that is one; a release is a text, whatever it looks like.
std::optional<double> number_of(const TemplateValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value.value)) return static_cast<double>(*number);
    const auto* text = std::get_if<std::string>(&value.value);
    if (text == nullptr || text->find_first_not_of("-.0123456789") != text->npos) return std::nullopt;
    double number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    return error == std::errc{} && end == text->data() + text->size() ? std::optional(number) : std::nullopt;
}

bool is_single(const TemplateValue& value) { return !std::holds_alternative<List>(value.value) && !std::holds_alternative<Map>(value.value); }

} // namespace

bool is_true(const TemplateValue& value) noexcept {
    if (const auto* flag = std::get_if<bool>(&value.value)) return *flag;
    if (const auto* number = std::get_if<std::int64_t>(&value.value)) return *number != 0;
    return value_size(value) != 0;
}

std::string value_text(const TemplateValue& value) {
    if (const auto* text = std::get_if<std::string>(&value.value)) return *text;
    if (const auto* flag = std::get_if<bool>(&value.value)) return *flag ? "True" : "False";
    if (const auto* number = std::get_if<std::int64_t>(&value.value)) return std::to_string(*number);
    if (std::holds_alternative<std::monostate>(value.value)) return "";
    throw Error("a list or a map is no text: use join, or a loop");
}

std::size_t value_size(const TemplateValue& value) noexcept {
    if (const auto* text = std::get_if<std::string>(&value.value)) return text->size();
    if (const auto* list = std::get_if<List>(&value.value)) return list->size();
    if (const auto* map = std::get_if<Map>(&value.value)) return map->size();
    return 0;
}

bool value_contains(const TemplateValue& whole, const TemplateValue& part) {
    if (const auto* list = std::get_if<List>(&whole.value)) return std::ranges::find(*list, part) != list->end();
    if (const auto* map = std::get_if<Map>(&whole.value)) return map->find(value_text(part)) != map->end();
    return value_text(whole).find(value_text(part)) != std::string::npos;
}

bool value_less(const TemplateValue& left, const TemplateValue& right) {
    const auto* a = std::get_if<std::int64_t>(&left.value);
    const auto* b = std::get_if<std::int64_t>(&right.value);
    if (a != nullptr && b != nullptr) return *a < *b;
    const auto c = number_of(left);
    const auto d = number_of(right);
    // As pongo2 has it, what is no number is nothing beside one.
    const bool numbers = (c && d) || a != nullptr || b != nullptr;
    if (numbers && is_single(left) && is_single(right)) return c.value_or(0) < d.value_or(0);
    const auto* e = std::get_if<std::string>(&left.value);
    const auto* f = std::get_if<std::string>(&right.value);
    if (e != nullptr && f != nullptr) return *e < *f;
    throw Error("only two numbers, or two texts, have an order");
}

double value_fraction(const TemplateValue& value) noexcept {
    return number_of(value).value_or(0);
}

std::int64_t value_number(const TemplateValue& value) noexcept {
    if (const auto* number = std::get_if<std::int64_t>(&value.value)) return *number;
    const double number = value_fraction(value);
    constexpr double kMost = 9.2e18;
    return static_cast<std::int64_t>(std::clamp(number, -kMost, kMost));
}

TemplateValue calculated(std::string_view sign, const TemplateValue& left,
                         const TemplateValue& right) {
    const std::int64_t a = value_number(left);
    const std::int64_t b = value_number(right);
    std::int64_t result = 0;
    bool too_large = false;
    if ((sign == "/" || sign == "%") && b == 0) throw Error("there is nothing to divide by");
    if (sign == "+")
        too_large = __builtin_add_overflow(a, b, &result);
    else if (sign == "-")
        too_large = __builtin_sub_overflow(a, b, &result);
    else if (sign == "*")
        too_large = __builtin_mul_overflow(a, b, &result);
    else if (b == -1)
        too_large = sign == "/" &&
                    __builtin_sub_overflow(std::int64_t{0}, a, &result); // the remainder is 0
    else
        result = sign == "/" ? a / b : a % b;
    if (too_large) throw Error("a number is too large");
    return result;
}

TemplateValue value_sum(const TemplateValue& left, const TemplateValue& right) {
    return calculated("+", left, right);
}

} // namespace lxcpp
