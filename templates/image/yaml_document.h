// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

enum class YamlKind { Null, Text, List, Map };

// Where a value stands; both count from 1, 0 is nowhere.
struct YamlPlace {
    int file = 0; // YamlLimits::file: a number of the caller's
    int line = 0;
    int column = 0;

    bool operator==(const YamlPlace&) const = default;
};

struct YamlMember;

// One value of a document; scalars are text, whatever they look like.
struct YamlNode {
    YamlKind kind = YamlKind::Null;
    std::string text;
    std::vector<YamlNode> items;
    std::vector<YamlMember> members;
    YamlPlace place;
    bool quoted = false; // or a block; a plain scalar may mean more than its text
    std::string tag;     // "!replace"; empty when it says no more than the value does

    // The member of that name; nullptr when there is none, or this is no map.
    [[nodiscard]] const YamlNode* find(std::string_view name) const noexcept;
    [[nodiscard]] YamlNode* find(std::string_view name) noexcept;
};

struct YamlMember {
    std::string name;
    YamlNode value;
    YamlPlace place; // of the name
};

// What a document of a stranger may cost us.
struct YamlLimits {
    std::size_t bytes = 1u << 20;
    std::size_t depth = 32;
    std::size_t nodes = 50'000;
    bool aliases = false; // anchors, aliases and merge keys ("<<") are read; what they copy counts as nodes, and up to bytes
    int file = 0;         // for the places
};

// The one document that text holds. A key twice, keys that are no scalars and a second document are refused; anchors
// and aliases, too, unless limits allow them. name is what errors begin with. Throws Error "NAME:3:7: ..." (line and
// column).
[[nodiscard]] YamlNode parse_yaml(std::string_view text, std::string_view name, const YamlLimits& limits = {});

// The same of the first document; others that follow it are not looked at.
struct FirstYaml {
    YamlNode root;
    std::optional<YamlPlace> next; // where the second one begins
};
[[nodiscard]] FirstYaml parse_first_yaml(std::string_view text, std::string_view name,
                                         const YamlLimits& limits = {});

} // namespace lxcpp::image
