// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lxcpp::image {

enum class YamlKind { Null, Text, List, Map };

// One value of a document; scalars are text, whatever they look like.
struct YamlNode {
    YamlKind kind = YamlKind::Null;
    std::string text;
    std::vector<YamlNode> items;
    std::vector<std::pair<std::string, YamlNode>> members;

    // The member of that name; nullptr when there is none, or this is no map.
    [[nodiscard]] const YamlNode* find(std::string_view name) const noexcept;
};

// What a document of a stranger may cost us.
struct YamlLimits {
    std::size_t bytes = 1u << 20;
    std::size_t depth = 32;
    std::size_t nodes = 50'000;
};

// The one document that text holds. Anchors, aliases, a key twice, keys that are no scalars and a second document are
// refused. name is what errors begin with. Throws Error "NAME: line 3: ...".
[[nodiscard]] YamlNode parse_yaml(std::string_view text, std::string_view name, const YamlLimits& limits = {});

} // namespace lxcpp::image
