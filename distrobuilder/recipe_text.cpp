// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_text.h"

#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <optional>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr int kMostRounds = 16;
constexpr std::size_t kLargestFile = 4u << 20;

// What is left out is nothing to a template.
TemplateValue shown(const std::string& text) {
    return text.empty() ? TemplateValue() : TemplateValue(text);
}
TemplateValue shown(bool flag) {
    return flag ? TemplateValue(true) : TemplateValue();
}
TemplateValue shown(std::uint64_t number) {
    if (number == 0) return {};
    return number <= INT64_MAX ? TemplateValue(static_cast<std::int64_t>(number))
                               : TemplateValue(std::to_string(number));
}
TemplateValue shown(TargetType type) {
    return type == TargetType::Vm ? "vm" : "container";
}

TemplateValue shown(const std::map<std::string, std::string>& map) {
    TemplateValue::Map values;
    for (const auto& [name, text] : map) values.emplace(name, text);
    return values.empty() ? TemplateValue() : TemplateValue(std::move(values));
}

template <Section T>
TemplateValue shown(const T& section);

template <typename T>
TemplateValue shown(const std::optional<T>& section) {
    return section ? shown(*section) : TemplateValue();
}

template <typename T>
TemplateValue shown(const std::vector<T>& list) {
    TemplateValue::List values;
    for (const T& one : list) values.push_back(shown(one));
    return values.empty() ? TemplateValue() : TemplateValue(std::move(values));
}

template <Section T>
TemplateValue::Map members_of(const T& section) {
    TemplateValue::Map map;
    T::fields(
        [&](std::string_view name, const auto& value) {
            if (TemplateValue one = shown(value); one != TemplateValue()) map.emplace(name, std::move(one));
        },
        section);
    return map;
}

template <Section T>
TemplateValue shown(const T& section) {
    TemplateValue::Map map = members_of(section);
    return map.empty() ? TemplateValue() : TemplateValue(std::move(map));
}

bool has_marks(std::string_view text) { return text.find("{{") != text.npos || text.find("{%") != text.npos; }

// Shells write "${#name}", which alone is no comment.
bool has_comment(std::string_view text) {
    const auto at = text.find("{#");
    return at != text.npos && text.find("#}", at + 2) != text.npos;
}

} // namespace

TemplateValue::Map recipe_variables(const Recipe& recipe) { return members_of(recipe); }

RecipeRenderer::RecipeRenderer(const Recipe& recipe, std::filesystem::path directory)
    : directory_(std::move(directory)), files_(recipe.build.template_files) {
    context_.variables = recipe_variables(recipe);
    context_.include = [this](const std::string& name) {
        if (std::ranges::find(files_, name) == files_.end())
            throw Error(fmt::format("include {}: the recipe does not name it under build.template_files", printable(name)));
        return sys::read_file(directory_ / name, kLargestFile);
    };
}

std::string RecipeRenderer::render(std::string_view text, std::string_view name) const {
    std::string result(text);
    for (int round = 0; has_marks(result) || (round == 0 && has_comment(result)); ++round) {
        if (round == kMostRounds)
            throw Error(fmt::format("{}: after {} times there is still a template in it; it may contain itself", name, kMostRounds));
        result = render_template(result, context_, name);
    }
    return result;
}

} // namespace lxcpp::distro
