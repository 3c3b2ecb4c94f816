// SPDX-License-Identifier: Apache-2.0
#include "base/template_filters.h"

#include "base/nearest.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <vector>

namespace lxcpp {
namespace {

using List = TemplateValue::List;

constexpr std::size_t kMostPieces = 100'000; // each is far larger than a byte

const TemplateFilter* find_filter(std::string_view name) noexcept {
    for (const auto filters : {value_filters(), text_filters()}) {
        const auto found = std::ranges::find(filters, name, &TemplateFilter::name);
        if (found != filters.end()) return &*found;
    }
    return nullptr;
}

TemplateValue as_it_is(const FilterCall& call) {
    return call.value;
}
TemplateValue or_default(const FilterCall& call) {
    return is_true(call.value) ? call.value : call.argument;
}
TemplateValue or_default_if_none(const FilterCall& call) {
    return std::holds_alternative<std::monostate>(call.value.value) ? call.argument : call.value;
}

// Numbers are added, all else is put together.
TemplateValue sum(const FilterCall& call) {
    const auto* left = std::get_if<std::int64_t>(&call.value.value);
    const auto* right = std::get_if<std::int64_t>(&call.argument.value);
    if (left != nullptr && right != nullptr) return value_sum(call.value, call.argument);
    std::string text = value_text(call.value) + value_text(call.argument);
    require_size(text.size(), call.most);
    return text;
}

TemplateValue is_divisible(const FilterCall& call) {
    const std::int64_t by = value_number(call.argument);
    return by != 0 && (by == -1 || value_number(call.value) % by == 0);
}

void add_piece(List& list, std::string_view piece) {
    if (list.size() == kMostPieces)
        throw Error(fmt::format("a text of more than {} pieces", kMostPieces));
    list.emplace_back(std::string(piece));
}

List characters_of(std::string_view text) {
    List list;
    while (!text.empty()) add_piece(list, take_character(text));
    return list;
}

// Of a text its first character, or its last.
TemplateValue end_of(const TemplateValue& value, bool first) {
    if (const auto* list = std::get_if<List>(&value.value))
        return list->empty() ? "" : first ? list->front() : list->back();
    const auto* text = std::get_if<std::string>(&value.value);
    std::string_view rest = text != nullptr ? *text : std::string_view();
    std::string_view one;
    while (!rest.empty()) {
        one = take_character(rest);
        if (first) break;
    }
    return std::string(one);
}
TemplateValue first_of(const FilterCall& call) {
    return end_of(call.value, true);
}
TemplateValue last_of(const FilterCall& call) {
    return end_of(call.value, false);
}

std::int64_t count_of(const TemplateValue& value) {
    const auto* text = std::get_if<std::string>(&value.value);
    return static_cast<std::int64_t>(text != nullptr ? character_count(*text) : value_size(value));
}
TemplateValue length(const FilterCall& call) {
    return count_of(call.value);
}
TemplateValue length_is(const FilterCall& call) {
    return count_of(call.value) == value_number(call.argument);
}

TemplateValue list_of(const FilterCall& call) {
    return characters_of(value_text(call.value));
}

TemplateValue joined(const FilterCall& call) {
    const auto* text_of = std::get_if<std::string>(&call.value.value);
    const List letters = text_of != nullptr ? characters_of(*text_of) : List();
    const auto* list = text_of != nullptr ? &letters : std::get_if<List>(&call.value.value);
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

TemplateValue pieces(const FilterCall& call) {
    std::string text = value_text(call.value);
    const std::string between = value_text(call.argument);
    if (between.empty()) return characters_of(text);
    List list;
    std::string_view rest = text;
    for (std::size_t at = rest.find(between); at != rest.npos; at = rest.find(between)) {
        add_piece(list, rest.substr(0, at));
        rest.remove_prefix(at + between.size());
    }
    add_piece(list, rest);
    return list;
}

// "from:to", each of which may be missing. An end that is not behind the beginning is none, as one
// that is too far.
TemplateValue slice(const FilterCall& call) {
    const std::string given = value_text(call.argument);
    const auto ends = split(given, ':');
    if (ends.size() != 2) throw Error("slice: its argument is \"FROM:TO\"");
    const auto* list = std::get_if<List>(&call.value.value);
    const auto* text = std::get_if<std::string>(&call.value.value);
    if (list == nullptr && text == nullptr) return call.value;
    const std::int64_t size = count_of(call.value);
    const std::int64_t from = std::min(value_number(std::string(ends[0])), size);
    if (from < 0) throw Error("slice: it does not count from the end");
    const std::int64_t wanted = value_number(std::string(ends[1]));
    const std::int64_t to = wanted >= from && wanted <= size ? wanted : size;
    if (list != nullptr) return List(list->begin() + from, list->begin() + to);
    std::string_view rest = *text;
    rest.remove_prefix(first_characters(rest, static_cast<std::size_t>(from)).size());
    return std::string(first_characters(rest, static_cast<std::size_t>(to - from)));
}

// Of two or three words: for what is true, for what is not, and for what is not there.
TemplateValue yes_or_no(const FilterCall& call) {
    std::vector<std::string> words{"yes", "no", "maybe"};
    const std::string own = value_text(call.argument);
    if (!own.empty()) {
        const auto given = split(own, ',');
        if (given.size() < 2 || given.size() > 3)
            throw Error("yesno: its argument is two or three words, \"YES,NO,NOTHING\"");
        std::ranges::copy(given, words.begin());
    }
    const bool nothing = std::holds_alternative<std::monostate>(call.value.value);
    return words[nothing ? 2 : is_true(call.value) ? 0 : 1];
}

TemplateValue plural(const FilterCall& call) {
    if (!std::holds_alternative<std::int64_t>(call.value.value))
        throw Error("pluralize: it is for numbers");
    const bool one = value_number(call.value) == 1;
    const std::string given = value_text(call.argument);
    if (given.empty()) return one ? "" : "s";
    const auto endings = split(given, ',');
    if (endings.size() > 2)
        throw Error("pluralize: its argument is one ending or two, \"ONE,MANY\"");
    if (endings.size() == 1) return one ? std::string() : std::string(endings[0]);
    return std::string(endings[one ? 0 : 1]);
}

// The digit of that number from the right, from 1.
TemplateValue digit(const FilterCall& call) {
    const std::string text = value_text(call.value);
    const std::int64_t number = value_number(call.argument);
    if (number <= 0 || static_cast<std::uint64_t>(number) > text.size()) return call.value;
    const char c = text[text.size() - static_cast<std::size_t>(number)];
    return c >= '0' && c <= '9' ? TemplateValue(std::int64_t{c - '0'}) : call.value;
}

TemplateValue integer(const FilterCall& call) {
    return value_number(call.value);
}

constexpr std::array kFilters{
    TemplateFilter{"add", sum},
    TemplateFilter{"default", or_default},
    TemplateFilter{"default_if_none", or_default_if_none},
    TemplateFilter{"divisibleby", is_divisible},
    TemplateFilter{"first", first_of},
    TemplateFilter{"get_digit", digit},
    TemplateFilter{"integer", integer},
    TemplateFilter{"join", joined},
    TemplateFilter{"last", last_of},
    TemplateFilter{"length", length},
    TemplateFilter{"length_is", length_is},
    TemplateFilter{"make_list", list_of},
    TemplateFilter{"pluralize", plural},
    TemplateFilter{"safe", as_it_is},
    TemplateFilter{"slice", slice},
    TemplateFilter{"split", pieces},
    TemplateFilter{"yesno", yes_or_no},
};

} // namespace

std::span<const TemplateFilter> value_filters() noexcept {
    return kFilters;
}

void require_size(std::size_t size, std::size_t most) {
    if (size > most) throw Error(fmt::format("a text of more than {} bytes", most));
}

std::string_view take_character(std::string_view& text) noexcept {
    std::size_t size = 1;
    if (static_cast<unsigned char>(text.front()) >= 0xc0)
        while (size < text.size() && size < 4 &&
               (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
            ++size;
    const std::string_view one = text.substr(0, size);
    text.remove_prefix(size);
    return one;
}

std::size_t character_count(std::string_view text) noexcept {
    std::size_t count = 0;
    for (; !text.empty(); ++count) take_character(text);
    return count;
}

std::string_view first_characters(std::string_view text, std::size_t count) noexcept {
    std::string_view rest = text;
    for (; count != 0 && !rest.empty(); --count) take_character(rest);
    return text.substr(0, text.size() - rest.size());
}

const TemplateFilter& require_filter(std::string_view name) {
    if (const TemplateFilter* filter = find_filter(name)) return *filter;
    std::vector<std::string> names;
    for (const auto filters : {value_filters(), text_filters()})
        for (const TemplateFilter& filter : filters) names.emplace_back(filter.name);
    const auto meant = nearest(name, names);
    throw Error(fmt::format("there is no filter {}{}", printable(name),
                            meant ? fmt::format("; did you mean {}?", *meant) : ""));
}

TemplateValue apply_filter(std::string_view name, const TemplateValue& value,
                           const TemplateValue& argument, std::size_t most) {
    return require_filter(name).apply({value, argument, most});
}

} // namespace lxcpp
