// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/template_value.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

// The filters of templates: {{ value|NAME }}, {{ value|NAME:argument }}; they do what pongo2's of
// that name do (its version 4, which distrobuilder and Incus have), on ASCII letters and whole
// characters of UTF-8. Dates, random choices and what makes HTML are left out.
namespace lxcpp {

struct FilterCall {
    const TemplateValue& value;
    const TemplateValue& argument; // nothing, when there is none
    std::size_t most;              // bytes of what it makes
};
struct TemplateFilter {
    std::string_view name;
    TemplateValue (*apply)(const FilterCall& call);
};

// Throws Error naming what is meant, perhaps, when there is no such filter.
[[nodiscard]] const TemplateFilter& require_filter(std::string_view name);
// What it makes has at most most bytes. Throws Error.
[[nodiscard]] TemplateValue apply_filter(std::string_view name, const TemplateValue& value,
                                         const TemplateValue& argument, std::size_t most);

// Those that look at a value, or take it apart; and those that write texts. Sorted.
[[nodiscard]] std::span<const TemplateFilter> value_filters() noexcept;
[[nodiscard]] std::span<const TemplateFilter> text_filters() noexcept;
// "stringformat", the largest of them.
[[nodiscard]] TemplateValue formatted_as_go_does(const FilterCall& call);

// Throws Error "a text of more than N bytes".
void require_size(std::size_t size, std::size_t most);
// Takes the first character from a text that is not empty; a byte that belongs to none is one.
std::string_view take_character(std::string_view& text) noexcept;
[[nodiscard]] std::size_t character_count(std::string_view text) noexcept;
// So many characters of its beginning, or all.
[[nodiscard]] std::string_view first_characters(std::string_view text, std::size_t count) noexcept;

} // namespace lxcpp
