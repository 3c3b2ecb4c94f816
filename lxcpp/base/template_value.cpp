// SPDX-License-Identifier: Apache-2.0
#include "base/template_value.h"

#include "base/ascii.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/core.h>
#include <optional>
#include <system_error>

namespace lxcpp {
namespace {

using List = TemplateValue::List;
using Map = TemplateValue::Map;

// ASCII only, as ascii_lower().
char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

struct Call {
    const TemplateValue& value;
    const TemplateValue& argument;
    std::size_t most;
};

void require_size(std::size_t size, std::size_t most) {
    if (size > most) throw Error(fmt::format("a text of more than {} bytes", most));
}

TemplateValue each_byte(const TemplateValue& value, char (*change)(char) noexcept) {
    std::string text = value_text(value);
    std::ranges::transform(text, text.begin(), change);
    return text;
}

TemplateValue as_it_is(const Call& call) { return call.value; }
TemplateValue or_default(const Call& call) { return is_true(call.value) ? call.value : call.argument; }
TemplateValue or_default_if_none(const Call& call) {
    return std::holds_alternative<std::monostate>(call.value.value) ? call.argument : call.value;
}
TemplateValue to_lower(const Call& call) { return each_byte(call.value, ascii_lower); }
TemplateValue to_upper(const Call& call) { return each_byte(call.value, upper); }

TemplateValue capitalize_first(const Call& call) {
    std::string text = value_text(call.value);
    if (!text.empty()) text.front() = upper(text.front());
    return text;
}

TemplateValue without(const Call& call) {
    std::string text = value_text(call.value);
    const std::string part = value_text(call.argument);
    if (part.empty()) return text;
    std::string rest;
    std::size_t from = 0;
    for (std::size_t at = text.find(part); at != text.npos; from = at + part.size(), at = text.find(part, from)) {
        rest.append(text, from, at - from);
    }
    return rest.append(text, from);
}

TemplateValue joined(const Call& call) {
    const auto* list = std::get_if<List>(&call.value.value);
    if (list == nullptr) return call.value;
    const std::string between = value_text(call.argument);
    std::string text;
    for (const TemplateValue& one : *list) {
        if (&one != &list->front()) text += between;
        text += value_text(one);
        require_size(text.size(), call.most);
    }
    return text;
}

TemplateValue pieces(const Call& call) {
    const std::string text = value_text(call.value);
    const std::string between = value_text(call.argument);
    if (between.size() != 1) throw Error("split: its argument is one character");
    List list;
    for (const std::string_view piece : split(text, between.front())) list.emplace_back(std::string(piece));
    return list;
}

TemplateValue length(const Call& call) { return static_cast<std::int64_t>(value_size(call.value)); }

TemplateValue end_of(const TemplateValue& value, bool first) {
    if (const auto* list = std::get_if<List>(&value.value)) {
        if (list->empty()) return {};
        return first ? list->front() : list->back();
    }
    const std::string text = value_text(value);
    if (text.empty()) return "";
    return std::string(1, first ? text.front() : text.back());
}
TemplateValue first_of(const Call& call) { return end_of(call.value, true); }
TemplateValue last_of(const Call& call) { return end_of(call.value, false); }

TemplateValue hexadecimal(const Call& call) {
    std::string text;
    for (const char c : value_text(call.value)) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    require_size(text.size(), call.most);
    return text;
}

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

struct Filter {
    std::string_view name;
    TemplateValue (*apply)(const Call& call);
};
constexpr std::array kFilters{
    Filter{"capfirst", capitalize_first}, Filter{"cut", without},        Filter{"default", or_default},
    Filter{"default_if_none", or_default_if_none}, Filter{"escape", as_it_is}, Filter{"first", first_of},
    Filter{"join", joined},               Filter{"last", last_of},       Filter{"length", length},
    Filter{"lower", to_lower},            Filter{"safe", as_it_is},      Filter{"split", pieces},
    Filter{"toHex", hexadecimal},         Filter{"upper", to_upper},
};

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

TemplateValue apply_filter(std::string_view name, const TemplateValue& value, const TemplateValue& argument, std::size_t most) {
    const auto filter = std::ranges::find(kFilters, name, &Filter::name);
    if (filter == kFilters.end()) throw Error("there is no filter " + printable(name));
    return filter->apply({value, argument, most});
}

} // namespace lxcpp
