// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"
#include "base/strings.h"
#include "config/item.h"
#include "config/keys.h"
#include "config/legacy.h"

#include <fmt/format.h>
#include <vector>

namespace lxcpp {
namespace {

// The key's names with the number or member name of the key in question put in.
std::vector<std::string> candidates_for(std::string_view key) {
    std::vector<std::string> names;
    for (const auto& row : config_keys()) names.emplace_back(row.name);
    const auto parts = split(key, '.');
    const std::string number =
        parts.size() > 2 && parse_u64(parts[2]) ? std::string(parts[2]) : "0";
    for (const auto& row : net_keys())
        names.push_back(fmt::format("{}.{}.{}", kNetKey, number, row.key.name));
    return names;
}

// "lxc.sysctrl.net.core" -> "lxc.sysctl.net.core": the second word of a family is misspelt.
std::optional<std::string> nearest_family(std::string_view key) {
    std::vector<std::string> families;
    for (const auto& row : config_keys())
        if (row.family) families.emplace_back(row.name);
    std::size_t dot = key.find('.');
    while (dot != key.npos && (dot = key.find('.', dot + 1)) != key.npos) {
        const auto family = nearest(key.substr(0, dot), families);
        if (family && is_known_key(*family + std::string(key.substr(dot))))
            return *family + std::string(key.substr(dot));
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> suggest_key(std::string_view key) {
    const auto legacy = find_legacy_key(key);
    if (legacy && !legacy->name.empty()) return legacy->name;
    const auto candidates = candidates_for(key);
    if (auto found = nearest(key, candidates)) return found;
    return nearest_family(key);
}

} // namespace lxcpp
