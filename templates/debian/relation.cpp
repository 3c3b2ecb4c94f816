// SPDX-License-Identifier: Apache-2.0
#include "debian/relation.h"

#include "base/strings.h"
#include "debian/version.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <optional>
#include <utility>

namespace lxcpp::debian {
namespace {

constexpr std::array<std::pair<std::string_view, Compare>, 7> kOperators{{
    {"<<", Compare::Less},
    {"<=", Compare::LessEqual},
    {"=", Compare::Equal},
    {">=", Compare::GreaterEqual},
    {">>", Compare::Greater},
    {"<", Compare::LessEqual},    // obsolete spellings that dpkg still reads this way
    {">", Compare::GreaterEqual},
}};

std::string_view operator_text(Compare compare) noexcept {
    for (const auto& [text, value] : kOperators) {
        if (value == compare) return text;
    }
    return {};
}

std::optional<Compare> parse_operator(std::string_view text) noexcept {
    for (const auto& [name, value] : kOperators) {
        if (name == text) return value;
    }
    return std::nullopt;
}

[[noreturn]] void fail(std::string_view what, std::string_view text) {
    throw Error(fmt::format("{}: '{}' is not a package relation", what, printable(text)));
}

void parse_condition(Relation& relation, std::string_view condition, std::string_view text,
                     std::string_view what) {
    condition = trim(condition);
    const auto end = condition.find_first_not_of("<=>");
    const auto compare = parse_operator(condition.substr(0, end));
    if (end == condition.npos || !compare) fail(what, text);
    relation.compare = *compare;
    relation.version = trim(condition.substr(end));
    if (!valid_version(relation.version)) fail(what, text);
}

Relation parse_relation(std::string_view text, std::string_view what) {
    text = trim(text);
    Relation relation;
    auto name = text;
    if (const auto open = text.find('('); open != text.npos) {
        if (text.back() != ')') fail(what, text);
        name = trim(text.substr(0, open));
        parse_condition(relation, text.substr(open + 1, text.size() - open - 2), text, what);
    }
    if (const auto colon = name.find(':'); colon != name.npos) {
        relation.qualifier = name.substr(colon + 1);
        name = name.substr(0, colon);
    }
    if (!valid_package_name(name)) fail(what, text);
    relation.package = name;
    return relation;
}

} // namespace

bool Relation::accepts(std::string_view candidate) const noexcept {
    if (compare == Compare::Any) return true;
    const auto order = compare_versions(candidate, version);
    switch (compare) {
    case Compare::Less: return order < 0;
    case Compare::LessEqual: return order <= 0;
    case Compare::Equal: return order == 0;
    case Compare::GreaterEqual: return order >= 0;
    case Compare::Greater: return order > 0;
    case Compare::Any: break;
    }
    return true;
}

std::vector<Alternatives> parse_relations(std::string_view field, std::string_view what) {
    std::vector<Alternatives> result;
    for (const auto clause : split(field, ',')) {
        if (trim(clause).empty()) continue; // policy allows a trailing comma
        Alternatives& alternatives = result.emplace_back();
        for (const auto part : split(clause, '|')) {
            alternatives.push_back(parse_relation(part, what));
        }
    }
    return result;
}

std::string format_relation(const Relation& relation) {
    std::string text(relation.package);
    if (!relation.qualifier.empty()) text += fmt::format(":{}", relation.qualifier);
    if (relation.compare != Compare::Any) {
        text += fmt::format(" ({} {})", operator_text(relation.compare), relation.version);
    }
    return text;
}

std::string format_alternatives(const Alternatives& alternatives) {
    std::string text;
    for (const Relation& relation : alternatives) {
        if (!text.empty()) text += " | ";
        text += format_relation(relation);
    }
    return text;
}

bool valid_package_name(std::string_view name) noexcept {
    constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz0123456789";
    constexpr std::string_view kOther = "+-.";
    return name.size() >= 2 && name.size() <= 128 && kFirst.find(name.front()) != name.npos &&
           std::all_of(name.begin(), name.end(), [&](char c) {
               return kFirst.find(c) != kFirst.npos || kOther.find(c) != kOther.npos;
           });
}

} // namespace lxcpp::debian
