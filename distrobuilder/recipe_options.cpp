// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"
#include "base/strings.h"
#include "distrobuilder/recipe.h"
#include "distrobuilder/recipe_tree.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::distro {
namespace {

using image::YamlKind;
using image::YamlNode;

constexpr std::uint64_t kMostItems = 10'000;

constexpr std::size_t kMostShown = 200;

// In messages.
std::string shown(std::string_view text) { return printable(text.substr(0, kMostShown)) + (text.size() > kMostShown ? "..." : ""); }

std::vector<std::string> section_names() {
    std::vector<std::string> names;
    const Recipe recipe;
    Recipe::fields([&](std::string_view name, const auto&) { names.emplace_back(name); }, recipe);
    return names;
}

std::string_view without_blanks(std::string_view text) { return text.substr(std::min(text.find_first_not_of(" \t\n"), text.size())); }

// Whether text goes on with "SECTION." or "SECTION=", as an option does.
bool begins_option(std::string_view text) {
    text = without_blanks(text);
    const auto end = text.find_first_of(".=");
    if (end == text.npos || text.find('=') == text.npos) return false;
    return std::ranges::any_of(section_names(), [&](const std::string& name) { return name == text.substr(0, end); });
}

// An item in quotes; text is left behind it.
std::string take_quoted(std::string_view& text) {
    std::string item;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] != '"') {
            item += text[i];
        } else if (i + 1 < text.size() && text[i + 1] == '"') {
            item += text[++i];
        } else {
            const std::string_view rest = text.substr(i + 1);
            if (!rest.empty() && rest.front() != ',') throw Error("after a quoted option comes a comma or the end");
            text = rest;
            return item;
        }
    }
    throw Error("an option begins with a quote that is not closed");
}

YamlNode& item_of(YamlNode& list, std::string_view number, std::string_view path) {
    const auto index = parse_u64(number);
    if (!index) throw Error(fmt::format("{}: is a list; the number of an item is expected, not {}", path, shown(number)));
    if (*index > list.items.size() || *index >= kMostItems)
        throw Error(fmt::format("{}: has {} items, the first of them is 0: there is no {}", path, list.items.size(), number));
    if (*index == list.items.size()) list.items.emplace_back();
    return list.items[*index];
}

YamlNode& member_of(YamlNode& map, std::string_view name, const image::YamlPlace& place) {
    if (YamlNode* found = map.find(name)) return *found;
    return map.members.emplace_back(std::string(name), YamlNode{}, place).value;
}

// One step down; what is not there yet becomes what the step needs.
YamlNode& step(YamlNode& node, std::string_view name, std::string_view path, const image::YamlPlace& place) {
    const bool number = parse_u64(name).has_value();
    if (node.kind == YamlKind::Null) {
        node.kind = number ? YamlKind::List : YamlKind::Map;
        node.place = place;
    }
    if (node.kind == YamlKind::List) return item_of(node, name, path);
    if (node.kind == YamlKind::Map) return member_of(node, name, place);
    throw Error(fmt::format("{}: is a single value, there is nothing below it", path));
}

} // namespace

void set_option(RecipeTree& tree, const std::string& option) {
    const auto equals = option.find('=');
    if (equals == option.npos || equals == 0)
        throw Error(fmt::format("-o {}: KEY=VALUE is expected, as in image.release=bookworm", shown(option)));
    const std::string_view path = std::string_view(option).substr(0, equals);
    const image::YamlPlace place{.file = static_cast<int>(tree.files.size())};
    tree.files.push_back("-o " + shown(option));
    const auto parts = split(path, '.');
    const auto names = section_names();
    if (std::ranges::find(names, parts.front()) == names.end()) {
        const auto meant = nearest(parts.front(), names);
        throw Error(fmt::format("-o {}: there is no section {}{}", shown(option), shown(parts.front()),
                                meant ? fmt::format("; did you mean {}?", *meant) : ""));
    }
    YamlNode* node = &tree.root;
    std::string walked = "-o " + shown(option);
    for (const std::string_view part : parts) {
        if (part.empty()) throw Error(fmt::format("-o {}: an empty name in the path", shown(option)));
        node = &step(*node, part, walked, place);
    }
    if (node->kind == YamlKind::List || node->kind == YamlKind::Map)
        throw Error(fmt::format("-o {}: is a {}; name one value of it", shown(option), node->kind == YamlKind::List ? "list" : "map"));
    *node = YamlNode{.kind = YamlKind::Text, .text = option.substr(equals + 1), .place = place};
}

std::vector<std::string> split_options(std::string_view text) {
    std::vector<std::string> options;
    for (text = without_blanks(text); !text.empty(); text = without_blanks(text)) {
        if (text.front() == '"') {
            options.push_back(take_quoted(text));
        } else {
            std::size_t comma = text.find(',');
            while (comma != text.npos && !begins_option(text.substr(comma + 1)) && !without_blanks(text.substr(comma + 1)).starts_with('"')) comma = text.find(',', comma + 1);
            options.emplace_back(text.substr(0, comma));
            text.remove_prefix(std::min(comma, text.size()));
        }
        if (!text.empty()) text.remove_prefix(1); // the comma
    }
    return options;
}

} // namespace lxcpp::distro
