// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::debian {

enum class Compare { Any, Less, LessEqual, Equal, GreaterEqual, Greater };

// One package name of a relationship field: "libc6:any (>= 2.34)". Views into the field.
struct Relation {
    std::string_view package;
    std::string_view qualifier; // after ':', e.g. "any"; usually empty
    Compare compare = Compare::Any;
    std::string_view version;

    // Whether that version meets the condition.
    [[nodiscard]] bool accepts(std::string_view candidate) const noexcept;
};

using Alternatives = std::vector<Relation>; // "a | b": one of them

// Depends, Conflicts, Provides and the like: all clauses hold, one alternative of each. what names the
// field in messages. Throws Error on anything that policy 7.1 does not allow.
[[nodiscard]] std::vector<Alternatives> parse_relations(std::string_view field, std::string_view what);

[[nodiscard]] std::string format_relation(const Relation& relation);
[[nodiscard]] std::string format_alternatives(const Alternatives& alternatives);

// A name policy 5.6.1 allows; what comes from outside passes here before it is part of a path.
[[nodiscard]] bool valid_package_name(std::string_view name) noexcept;

} // namespace lxcpp::debian
