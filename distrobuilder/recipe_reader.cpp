// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_reader.h"

#include "base/nearest.h"
#include "base/strings.h"
#include "distrobuilder/recipe_legacy.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <optional>
#include <utility>

namespace lxcpp::distro {
namespace {

using image::YamlKind;
using image::YamlMember;
using image::YamlNode;

constexpr std::size_t kLongestShown = 60;

// YAML 1.1's words for truth; -o also takes the numbers.
constexpr std::array<std::string_view, 13> kTrue{"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "1", "t"};
constexpr std::array<std::string_view, 13> kFalse{"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", "0", "f"};

std::string shown(std::string_view text) { return printable(text.substr(0, kLongestShown)); }

std::string_view kind_name(const YamlNode& node) {
    switch (node.kind) {
    case YamlKind::Null: return "nothing";
    case YamlKind::Text: return "a text";
    case YamlKind::List: return "a list";
    case YamlKind::Map: return "a map";
    }
    return {};
}

// 4096, 4_096, 0x1000, 0o10000, 0b1, and with 0 in front octal, as YAML 1.1 has it.
std::optional<std::uint64_t> parse_count(std::string text) {
    std::erase(text, '_');
    if (text.starts_with("+")) text.erase(0, 1);
    unsigned base = 10;
    std::size_t skip = 0;
    if (text.size() > 1 && text[0] == '0') {
        const char mark = text[1];
        base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
        skip = base != 8 || mark == 'o' ? 2 : 1;
    }
    if (text.size() == skip) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : std::string_view(text).substr(skip)) {
        const unsigned digit = c >= '0' && c <= '9' ? unsigned(c - '0') : c >= 'a' && c <= 'f' ? unsigned(c - 'a') + 10 : c >= 'A' && c <= 'F' ? unsigned(c - 'A') + 10 : 99;
        if (digit >= base || value > (UINT64_MAX - digit) / base) return std::nullopt;
        value = value * base + digit;
    }
    return value;
}

class Reader {
public:
    Reader(const RecipeTree& tree, ReadRecipe& result) : tree_(tree), result_(result) {}

    template <typename T>
    void read(const YamlNode& node, const std::string& key, T& into) {
        if (node.place.line != 0 || node.place.file != 0) result_.places.insert_or_assign(key, tree_.describe(node.place));
        if (node.kind != YamlKind::Null) take(node, key, into);
    }

private:
    void problem(const image::YamlPlace& place, const std::string& key, std::string text) {
        result_.errors.push_back({tree_.describe(place), key, std::move(text)});
    }

    bool expect(const YamlNode& node, YamlKind kind, const std::string& key, std::string_view what) {
        if (node.kind == kind) return true;
        problem(node.place, key, fmt::format("{} is expected, this is {}", what, kind_name(node)));
        return false;
    }

    void take(const YamlNode& node, const std::string& key, std::string& into) {
        if (expect(node, YamlKind::Text, key, "a text")) into = node.text;
    }

    void take(const YamlNode& node, const std::string& key, bool& into) {
        if (!expect(node, YamlKind::Text, key, "true or false")) return;
        const bool yes = std::ranges::find(kTrue, node.text) != kTrue.end();
        const bool no = std::ranges::find(kFalse, node.text) != kFalse.end();
        if (yes || no) into = yes;
        else problem(node.place, key, fmt::format("true or false is expected, not {}", shown(node.text)));
    }

    void take(const YamlNode& node, const std::string& key, std::uint64_t& into) {
        if (!expect(node, YamlKind::Text, key, "a number")) return;
        if (const auto value = parse_count(node.text)) into = *value;
        else problem(node.place, key, fmt::format("a number is expected, not {}", shown(node.text)));
    }

    void take(const YamlNode& node, const std::string& key, TargetType& into) {
        if (!expect(node, YamlKind::Text, key, "container or vm")) return;
        if (node.text == "container") into = TargetType::Container;
        else if (node.text == "vm") into = TargetType::Vm;
        else problem(node.place, key, fmt::format("Invalid filter type \"{}\"; container and vm are known", shown(node.text)));
    }

    template <typename T>
    void take(const YamlNode& node, const std::string& key, std::vector<T>& into) {
        if (!expect(node, YamlKind::List, key, "a list")) return;
        for (std::size_t i = 0; i < node.items.size(); ++i) read(node.items[i], fmt::format("{}.{}", key, i), into.emplace_back());
    }

    void take(const YamlNode& node, const std::string& key, std::map<std::string, std::string>& into) {
        if (!expect(node, YamlKind::Map, key, "a map")) return;
        for (const YamlMember& member : node.members) read(member.value, key + "." + member.name, into[member.name]);
    }

    template <typename T>
    void take(const YamlNode& node, const std::string& key, std::optional<T>& into) {
        take(node, key, into.emplace());
    }

    template <Section T>
    void take(const YamlNode& node, const std::string& key, T& into) {
        if (!expect(node, YamlKind::Map, key, "a map")) return;
        if constexpr (requires { into.place.text; }) into.place.text = tree_.describe(node.place);
        std::vector<std::string> known;
        T::fields(
            [&](std::string_view name, auto& value) {
                known.emplace_back(name);
                if (const YamlNode* member = node.find(name)) read(*member, join_key(key, name), value);
            },
            into);
        for (const YamlMember& member : node.members)
            if (std::ranges::find(known, member.name) == known.end()) unknown(member, key, known);
    }

    void unknown(const YamlMember& member, const std::string& key, std::span<const std::string> known) {
        const auto meant = nearest(member.name, known);
        problem(member.place, join_key(key, shown(member.name)),
                fmt::format("there is no such key{}", meant ? fmt::format("; did you mean {}?", *meant) : ""));
    }

    static std::string join_key(const std::string& key, std::string_view name) {
        return key.empty() ? std::string(name) : fmt::format("{}.{}", key, name);
    }

    const RecipeTree& tree_;
    ReadRecipe& result_;
};

} // namespace

std::string RecipeProblem::line() const {
    return fmt::format("{}{}{}{}{}", where, where.empty() ? "" : ": ", key, key.empty() ? "" : ": ", text);
}

std::string ReadRecipe::place_of(std::string_view key) const {
    for (;;) {
        if (const auto found = places.find(key); found != places.end()) return found->second;
        const auto dot = key.rfind('.');
        if (dot == key.npos) return {};
        key = key.substr(0, dot);
    }
}

ReadRecipe read_recipe(RecipeTree tree) {
    ReadRecipe result;
    for (LegacyName& legacy : rename_legacy(tree.root))
        result.warnings.push_back(
            {tree.describe(legacy.place), std::move(legacy.key), std::move(legacy.text)});
    for (const image::YamlPlace& place : tree.unread)
        result.warnings.push_back(
            {tree.describe(place),
             {},
             "a second document begins: the recipe is the first, and this is not read"});
    Reader(tree, result).read(tree.root, "", result.recipe);
    return result;
}

} // namespace lxcpp::distro
