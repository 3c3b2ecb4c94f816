// SPDX-License-Identifier: Apache-2.0
#include "config/item.h"

#include "base/nearest.h"
#include "base/strings.h"
#include "config/keys.h"
#include "config/legacy.h"
#include "config/problem.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>

namespace lxcpp {
namespace {

struct Match {
    const Key<Config>* key;
    std::string_view sub; // what follows a family's name
};

// An exact key wins over the family that its name begins with (lxc.cgroup.dir, lxc.cgroup.*).
std::optional<Match> find_key(std::string_view name) {
    const auto table = config_keys();
    const auto exact = std::ranges::lower_bound(table, name, {}, &Key<Config>::name);
    if (exact != table.end() && exact->name == name) return Match{&*exact, {}};
    for (const auto& row : table) {
        const auto size = row.name.size();
        if (row.family && name.size() > size + 1 && name.starts_with(row.name) && name[size] == '.')
            return Match{&row, name.substr(size + 1)};
    }
    return std::nullopt;
}

[[noreturn]] void throw_unknown(std::string_view key) {
    if (const auto legacy = find_legacy_key(key)) {
        const std::string what =
            legacy->name.empty() ? "no longer exists" : "is now " + legacy->name;
        throw Error(fmt::format("this key {}; \"lxcpp-config lint --fix\" changes it", what));
    }
    const auto meant = suggest_key(key);
    if (meant) throw Error(fmt::format("unknown key; did you mean {}?", *meant));
    throw Error("unknown key");
}

Match need_key(std::string_view name) {
    const auto match = find_key(name);
    if (!match) throw_unknown(name);
    return *match;
}

void apply_empty(Config& config, const Match& match) {
    switch (match.key->on_empty) {
    case OnEmpty::Clear:
        match.key->clear(config, Config{}, match.sub);
        break;
    case OnEmpty::Zero:
        match.key->set(config, match.sub, "0");
        break;
    case OnEmpty::Refuse:
        throw Error("a value is needed");
    }
}

template <typename Body>
void at_origin(const Origin& origin, std::string_view key, Body&& body) {
    try {
        body();
    } catch (const Error& error) {
        throw ConfigError(origin.file, origin.line, excerpt(key), error.what());
    }
}

void append_lines(const Key<Config>& row, const Config& config, std::vector<KeyText>& lines) {
    row.emit(config, Config{}, row.name, lines);
}

std::string as_text(const std::vector<KeyText>& lines) {
    std::string text;
    for (const auto& line : lines)
        text += line.value.empty() ? line.key + " =\n"
                                   : line.key + " = " + quote_value(line.value) + "\n";
    return text;
}

std::vector<std::string> list_device_keys(const Config& config, std::string_view sub) {
    const auto index = parse_u64(sub);
    const auto device = std::ranges::find_if(
        config.net, [&](const NetDevice& candidate) { return index && candidate.index == *index; });
    std::vector<std::string> names;
    if (device == config.net.end()) return names;
    for (const auto& row : net_keys())
        if (row.fits(device->type)) names.emplace_back(row.key.name);
    return names;
}

std::vector<std::string> list_devices(const Config& config) {
    std::vector<std::string> names;
    for (const auto& device : config.net) names.push_back(std::to_string(device.index));
    return names;
}

std::vector<std::string> list_family(const Key<Config>& row, const Config& config) {
    std::vector<KeyText> lines;
    append_lines(row, config, lines);
    std::vector<std::string> names;
    for (const auto& line : lines) {
        std::string name = line.key.substr(row.name.size() + 1);
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    }
    return names;
}

KeyInfo info_of(const Key<Config>& row) {
    const auto fallback = row.get(Config{}, {});
    return {std::string(row.name) + (row.family && row.name != kNetKey ? ".NAME" : ""),
            std::string(row.syntax),
            std::string(row.help),
            fallback.value_or(""),
            row.list,
            row.applied};
}

KeyInfo info_of(const NetKey& row) {
    const auto fallback = row.key.get(NetDevice{}, {});
    return {fmt::format("{}.N.{}", kNetKey, row.key.name),
            std::string(row.key.syntax),
            std::string(row.key.help),
            fallback.value_or(""),
            row.key.list,
            row.key.applied};
}

} // namespace

void set_item(Config& config, std::string_view key, std::string_view value) {
    const Match match = need_key(key);
    if (!is_known_key(key)) throw_unknown(key);
    if (value.empty()) return apply_empty(config, match);
    if (value.find_first_of(std::string_view("\n\0", 2)) != value.npos)
        throw Error("a value may not contain a line break or a NUL byte");
    match.key->set(config, match.sub, value);
}

void apply(Config& config, std::string_view key, std::string_view value, const Origin& origin) {
    at_origin(origin, key, [&] { set_item(config, key, value); });
}

std::optional<std::string> get_item(const Config& config, std::string_view key) {
    const auto match = find_key(key);
    if (!match) return std::nullopt;
    auto shown = match->key->get(config, match->sub);
    if (shown || !match->key->family || !match->sub.empty()) return shown;
    std::vector<KeyText> lines;
    append_lines(*match->key, config, lines);
    std::string all;
    for (const auto& line : lines) all += line.key + " = " + line.value + "\n";
    return all;
}

void clear_item(Config& config, std::string_view key) {
    at_origin({.file = "clear"}, key, [&] {
        const Match match = need_key(key);
        match.key->clear(config, Config{}, match.sub);
    });
}

std::vector<std::string> list_keys(const Config& config, std::string_view prefix) {
    const auto match = find_key(prefix);
    const bool net = match && match->key->name == kNetKey;
    if (net)
        return match->sub.empty() ? list_devices(config) : list_device_keys(config, match->sub);
    std::vector<std::string> names;
    for (const auto& row : config_keys()) {
        if (prefix.empty())
            names.emplace_back(row.name);
        else if (row.name.size() > prefix.size() + 1 && row.name.starts_with(prefix) &&
                 row.name[prefix.size()] == '.')
            names.emplace_back(row.name.substr(prefix.size() + 1));
    }
    if (match && match->key->family && match->sub.empty())
        for (auto& name : list_family(*match->key, config)) names.push_back(std::move(name));
    return names;
}

std::vector<KeyText> effective_lines(const Config& config) {
    const Config defaults;
    std::vector<KeyText> lines;
    for (const auto& row : config_keys()) row.emit(config, defaults, row.name, lines);
    return lines;
}

std::string effective_text(const Config& config) {
    return as_text(effective_lines(config));
}

std::vector<KeyText> not_applied(const Config& config) {
    std::vector<KeyText> lines;
    for (const auto& row : config_keys())
        if (row.applied == Applied::Later) append_lines(row, config, lines);
    return lines;
}

std::vector<KeyInfo> all_keys() {
    std::vector<KeyInfo> infos;
    for (const auto& row : config_keys()) {
        infos.push_back(info_of(row));
        if (row.name == kNetKey)
            for (const auto& net : net_keys()) infos.push_back(info_of(net));
    }
    return infos;
}

bool is_known_key(std::string_view key) {
    const auto match = find_key(key);
    if (!match || match->key->name != kNetKey || match->sub.empty()) return match.has_value();
    const auto dot = match->sub.find('.');
    if (!parse_u64(match->sub.substr(0, dot))) return false;
    if (dot == match->sub.npos) return true;
    return std::ranges::any_of(
        net_keys(), [&](const NetKey& row) { return row.key.name == match->sub.substr(dot + 1); });
}

bool is_list_key(std::string_view key) {
    const auto match = find_key(key);
    if (!match) return false;
    const auto dot = match->sub.find('.');
    if (match->key->name != kNetKey || dot == match->sub.npos) return match->key->list;
    const auto row = std::ranges::find_if(net_keys(), [&](const NetKey& candidate) {
        return candidate.key.name == match->sub.substr(dot + 1);
    });
    return row != net_keys().end() && row->key.list;
}

bool clears(std::string_view cleared, std::string_view key) {
    const auto from = find_key(cleared);
    const auto to = find_key(key);
    if (!from || !to) return false;
    const auto both = [&](std::string_view prefix) {
        return from->key->name.starts_with(prefix) && to->key->name.starts_with(prefix);
    };
    if (from->key != to->key)
        return both("lxc.cap.") ||
               (cleared == "lxc.hook" && both("lxc.hook") && to->key->name != "lxc.hook.version");
    if (from->sub.empty() || from->sub == to->sub) return true;
    return from->key->name == kNetKey && to->sub.starts_with(std::string(from->sub) + ".");
}

std::string quote_value(std::string_view value) {
    const auto quoted = [&] {
        const char first = value.front();
        return value.size() > 1 && first == value.back() && (first == '"' || first == '\'');
    };
    if (value.empty() || (trim(value) == value && !quoted())) return std::string(value);
    return fmt::format("\"{}\"", value);
}

} // namespace lxcpp
