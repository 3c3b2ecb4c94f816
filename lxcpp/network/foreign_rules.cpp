// SPDX-License-Identifier: Apache-2.0
#include "network/foreign_firewall.h"

#include "base/strings.h"
#include "network/bridge_rules.h"

#include <algorithm>
#include <fmt/format.h>

// Reading what others have told the kernel.
namespace lxcpp {
namespace {

constexpr std::string_view kDockerChain = "DOCKER-USER";

struct Chain {
    std::string_view name;
    std::string_view hook; // empty: of no hook
    bool drops = false;
    std::vector<std::string_view> rules;
};

struct Table {
    std::string_view family;
    std::string_view name;
    std::vector<Chain> chains;
};

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

std::string_view word_after(std::string_view line, std::string_view word) {
    const auto words = split_words(line);
    const auto found = std::ranges::find(words, word);
    return found == words.end() || found + 1 == words.end() ? std::string_view{} : *(found + 1);
}

void read_chain_line(Chain& chain, std::string_view line) {
    if (line.starts_with("type ") && has(line, " hook ")) {
        if (line.starts_with("type filter ")) chain.hook = word_after(line, "hook");
        chain.drops = has(line, "policy drop");
    } else if (!line.empty()) {
        chain.rules.push_back(line);
    }
}

// Sets and maps are passed over; they have braces of their own.
std::vector<Table> read_tables(std::string_view ruleset) {
    std::vector<Table> tables;
    int depth = 0;
    bool in_chain = false;
    for (const std::string_view raw : split_lines(ruleset)) {
        const std::string_view line = trim(raw);
        const auto words = split_words(line);
        if (depth == 0 && words.size() >= 4 && words[0] == "table") {
            tables.push_back({words[1], words[2], {}});
        } else if (depth == 1 && words.size() >= 3 && words[0] == "chain") {
            tables.back().chains.push_back({words[1], {}, false, {}});
            in_chain = true;
        } else if (depth == 2 && in_chain && line != "}") {
            read_chain_line(tables.back().chains.back(), line);
        }
        // A rule may have { 1, 2 } in it.
        depth += static_cast<int>(std::ranges::count(line, '{') - std::ranges::count(line, '}'));
        if (depth < 2) in_chain = in_chain && depth == 2;
    }
    return tables;
}

bool has_chain(const Table& table, std::string_view part) {
    return std::ranges::any_of(table.chains,
                               [&](const Chain& chain) { return chain.name.starts_with(part); });
}

Firewall owner_of(const Table& table) {
    if (table.name == "firewalld") return Firewall::Firewalld;
    if (has_chain(table, kDockerChain)) return Firewall::Docker;
    if (has_chain(table, "ufw-") || has_chain(table, "ufw6-")) return Firewall::Ufw;
    return Firewall::Unknown;
}

bool accepts(const Table& table, std::string_view word, std::string_view bridge) {
    const std::string wanted = fmt::format("{} \"{}\"", word, bridge);
    for (const Chain& chain : table.chains) {
        for (const std::string_view rule : chain.rules) {
            if (has(rule, wanted) && rule.ends_with("accept")) return true;
        }
    }
    return false;
}

// firewalld's own way: packets of an interface of the zone trusted are accepted in chains of that
// zone.
bool in_trusted_zone(const Table& table, std::string_view bridge) {
    const std::string wanted = fmt::format("\"{}\"", bridge);
    for (const Chain& chain : table.chains) {
        for (const std::string_view rule : chain.rules) {
            if (has(rule, wanted) && has(rule, "_trusted")) return true;
        }
    }
    return false;
}

bool passes(const Table& table, std::string_view hook, std::string_view bridge) {
    if (table.name == "firewalld") return in_trusted_zone(table, bridge);
    return accepts(table, "iifname", bridge) &&
           (hook == "input" || accepts(table, "oifname", bridge));
}

bool is_ours(const Table& table, std::string_view bridge) {
    return table.name == bridge_table(bridge);
}

bool legacy_passes(std::string_view rules, std::string_view option, std::string_view bridge) {
    const std::string wanted = fmt::format("{} {} -j ACCEPT", option, bridge);
    const auto lines = split_lines(rules);
    return std::ranges::any_of(lines,
                               [&](std::string_view line) { return trim(line).ends_with(wanted); });
}

} // namespace

std::vector<Obstacle> obstacles_in(std::string_view ruleset, std::string_view bridge) {
    std::vector<Obstacle> found;
    for (const Table& table : read_tables(ruleset)) {
        if (table.family == "bridge" || table.family == "arp" || table.family == "netdev" ||
            is_ours(table, bridge))
            continue;
        for (const Chain& chain : table.chains) {
            if (chain.hook != "forward" && chain.hook != "input") continue;
            // firewalld refuses in its last rule.
            const bool rejects = table.name == "firewalld" && chain.name.starts_with("filter_") &&
                                 std::ranges::any_of(chain.rules, [](std::string_view rule) {
                                     return rule.starts_with("reject");
                                 });
            if (!chain.drops && !rejects) continue;
            found.push_back({owner_of(table), std::string(table.family), std::string(table.name),
                             std::string(chain.name), std::string(chain.hook), false,
                             passes(table, chain.hook, bridge)});
        }
    }
    return found;
}

std::vector<Obstacle> obstacles_in_legacy(std::string_view rules, std::string_view family,
                                          std::string_view bridge) {
    std::vector<Obstacle> found;
    Firewall owner = Firewall::Unknown;
    if (has(rules, "-N ufw")) owner = Firewall::Ufw;
    if (has(rules, "-N DOCKER-USER")) owner = Firewall::Docker;
    for (const std::string_view line : split_lines(rules)) {
        const auto words = split_words(line);
        if (words.size() != 3 || words[0] != "-P" || words[2] != "DROP") continue;
        if (words[1] != "FORWARD" && words[1] != "INPUT") continue;
        const bool input = words[1] == "INPUT";
        const bool through =
            legacy_passes(rules, "-i", bridge) && (input || legacy_passes(rules, "-o", bridge));
        found.push_back({owner, std::string(family), "filter", std::string(words[1]),
                         input ? "input" : "forward", true, through});
    }
    return found;
}

bool others_forward(std::string_view ruleset, std::string_view bridge) {
    for (const Table& table : read_tables(ruleset)) {
        if (is_ours(table, bridge)) continue;
        for (const Chain& chain : table.chains) {
            if (chain.hook == "forward") return true;
        }
    }
    return false;
}

std::string describe(const Obstacle& obstacle) {
    constexpr std::string_view kOwners[] = {"Docker", "ufw", "firewalld", "a firewall of the host"};
    return fmt::format("{} drops packets {} ({}table {} {}, chain {})",
                       kOwners[static_cast<std::size_t>(obstacle.owner)],
                       obstacle.hook == "input" ? "to the host" : "that are forwarded",
                       obstacle.legacy ? "iptables-legacy: " : "", obstacle.family, obstacle.table,
                       obstacle.chain);
}

std::string advice_for(const Obstacle& obstacle, std::string_view bridge) {
    const std::string iptables =
        fmt::format("{}{}", obstacle.family == "ip6" ? "ip6tables" : "iptables",
                    obstacle.legacy ? "-legacy" : "");
    const bool input = obstacle.hook == "input";
    switch (obstacle.owner) {
    case Firewall::Docker:
        if (!input)
            return fmt::format(
                "{0} -I DOCKER-USER -i {1} -j ACCEPT && {0} -I DOCKER-USER -o {1} -j ACCEPT",
                iptables, bridge);
        break;
    case Firewall::Ufw:
        if (input)
            return fmt::format("ufw allow in on {0} to any port 67 proto udp && ufw allow in on "
                               "{0} to any port 53",
                               bridge);
        return fmt::format("ufw route allow in on {0} && ufw route allow out on {0}", bridge);
    case Firewall::Firewalld:
        return fmt::format("firewall-cmd --zone=trusted --add-interface={0} && firewall-cmd "
                           "--permanent --zone=trusted --add-interface={0}",
                           bridge);
    case Firewall::Unknown:
        break;
    }
    if (obstacle.legacy) {
        if (input) return fmt::format("{} -I INPUT -i {} -j ACCEPT", iptables, bridge);
        return fmt::format("{0} -I FORWARD -i {1} -j ACCEPT && {0} -I FORWARD -o {1} -j ACCEPT",
                           iptables, bridge);
    }
    const std::string insert =
        fmt::format("nft insert rule {} {} {}", obstacle.family, obstacle.table, obstacle.chain);
    if (input) return fmt::format("{} iifname {} accept", insert, bridge);
    return fmt::format("{0} iifname {1} accept && {0} oifname {1} accept", insert, bridge);
}

} // namespace lxcpp
