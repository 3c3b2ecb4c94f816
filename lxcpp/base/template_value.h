// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lxcpp {

// What an expression of a template is worth (template_text.h).
struct TemplateValue {
    using List = std::vector<TemplateValue>;
    using Map = std::map<std::string, TemplateValue, std::less<>>;

    std::variant<std::monostate, bool, std::int64_t, std::string, List, Map> value; // monostate: nothing of that name

    TemplateValue() = default;
    TemplateValue(bool given) : value(given) {}
    TemplateValue(std::int64_t given) : value(given) {}
    TemplateValue(std::string given) : value(std::move(given)) {}
    TemplateValue(const char* given) : value(std::string(given)) {}
    TemplateValue(List given) : value(std::move(given)) {}
    TemplateValue(Map given) : value(std::move(given)) {}
    bool operator==(const TemplateValue&) const = default;
};

using TemplateFunction = std::function<TemplateValue(const TemplateValue::List& arguments)>;

// Nothing, false, 0 and what is empty are false.
[[nodiscard]] bool is_true(const TemplateValue& value) noexcept;
// As it is put out: "" for nothing, "True" and "False". Error for a list or a map.
[[nodiscard]] std::string value_text(const TemplateValue& value);
// Bytes of a text, members of a list or map, else 0.
[[nodiscard]] std::size_t value_size(const TemplateValue& value) noexcept;
// "a" in "abc", in a list, as a key of a map.
[[nodiscard]] bool value_contains(const TemplateValue& whole, const TemplateValue& part);
// Numbers by size (texts that are numbers, too; beside one all else is 0), texts by bytes; Error for lists and maps.
[[nodiscard]] bool value_less(const TemplateValue& left, const TemplateValue& right);

// As a number, for what calculates: of a text that is one, without what is behind its point; all
// else is 0.
[[nodiscard]] std::int64_t value_number(const TemplateValue& value) noexcept;
[[nodiscard]] double value_fraction(const TemplateValue& value) noexcept;
// Error when it is too large.
[[nodiscard]] TemplateValue value_sum(const TemplateValue& left, const TemplateValue& right);
// The same of "-", "*", "/" and "%"; Error for nothing to divide by.
[[nodiscard]] TemplateValue calculated(std::string_view sign, const TemplateValue& left,
                                       const TemplateValue& right);

} // namespace lxcpp
