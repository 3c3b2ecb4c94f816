// SPDX-License-Identifier: Apache-2.0
#include "config/suggest.h"

#include "base/strings.h"
#include "config/item.h"
#include "config/keys.h"
#include "config/legacy.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace lxcpp {
namespace {

constexpr std::size_t kLongestKey = 128; // the table grows with the square

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

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a.size()][b.size()];
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
    if (word.size() > kLongestKey) return std::nullopt;
    const std::string* best = nullptr;
    std::size_t best_distance = std::min<std::size_t>(3, word.size() / 3) + 1;
    for (const auto& candidate : candidates) {
        const auto [shorter, longer] = std::minmax({word.size(), candidate.size()});
        if (longer - shorter >= best_distance) continue; // no need to look
        const auto distance = edit_distance(word, candidate);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = &candidate;
    }
    if (best == nullptr) return std::nullopt;
    return *best;
}

std::optional<std::string> suggest_key(std::string_view key) {
    const auto legacy = find_legacy_key(key);
    if (legacy && !legacy->name.empty()) return legacy->name;
    const auto candidates = candidates_for(key);
    if (auto found = nearest(key, candidates)) return found;
    return nearest_family(key);
}

} // namespace lxcpp
