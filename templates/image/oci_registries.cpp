// SPDX-License-Identifier: Apache-2.0
#include "image/oci_registries.h"

#include "base/error.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <optional>
#include <utility>
#include <variant>

namespace lxcpp::image {
namespace {

constexpr std::size_t kMostRules = 1000;
constexpr std::size_t kMostLines = 10'000;

// Keys that say nothing about where an image is.
constexpr std::array<std::string_view, 5> kSkippedKeys{"unqualified-search-registries", "short-name-mode",
                                                       "credential-helpers", "additional-layer-store-auth-helper",
                                                       "mirror-by-digest-only"};

using Value = std::variant<bool, std::string, std::vector<std::string>>;

// The part of TOML that such files are written in: one value from the front of a line.
class ValueReader {
public:
    explicit ValueReader(std::string_view text) : rest_(trim(text)) {}

    // nullopt when a list does not end on this line.
    std::optional<Value> read() {
        std::optional<Value> value;
        if (rest_.starts_with('[')) {
            if (auto list = read_list()) value = *std::move(list);
        } else if (rest_.starts_with('"') || rest_.starts_with('\'')) {
            value = read_string();
        } else {
            value = read_bool();
        }
        if (value && !at_end()) throw Error("something follows the value");
        return value;
    }

private:
    [[nodiscard]] bool at_end() {
        rest_ = trim(rest_);
        return rest_.empty() || rest_.starts_with('#');
    }

    bool read_bool() {
        for (const bool value : {true, false}) {
            const std::string_view word = value ? "true" : "false";
            if (!rest_.starts_with(word)) continue;
            rest_.remove_prefix(word.size());
            return value;
        }
        throw Error("a value is expected: \"text\", true, false or a list of texts");
    }

    std::string read_string() {
        const char quote = rest_.front();
        std::string text;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            char c = rest_[i];
            if (c == quote) {
                rest_.remove_prefix(i + 1);
                return text;
            }
            if (c == '\\' && quote == '"') {
                if (++i == rest_.size()) break;
                c = rest_[i];
                if (c != '"' && c != '\\') throw Error("an escape that is not known");
            }
            text += c;
        }
        throw Error("a quote that does not end");
    }

    std::optional<std::vector<std::string>> read_list() {
        std::vector<std::string> list;
        rest_.remove_prefix(1);
        for (;;) {
            if (at_end()) return std::nullopt;
            if (rest_.starts_with(']')) break;
            if (rest_.front() != '"' && rest_.front() != '\'') throw Error("a list of texts is expected");
            list.push_back(read_string());
            if (at_end()) return std::nullopt;
            if (rest_.starts_with(',')) rest_.remove_prefix(1);
            else if (!rest_.starts_with(']')) throw Error("a comma is expected");
        }
        rest_.remove_prefix(1);
        return list;
    }

    std::string_view rest_;
};

// A name as it stands there; "a.b" and what is in quotes are names too.
std::string_view unquoted(std::string_view key) {
    key = trim(key);
    if (key.size() > 1 && key.front() == '"' && key.back() == '"') return key.substr(1, key.size() - 2);
    return key;
}

template <typename Wanted>
Wanted as(const Value& value, std::string_view what) {
    if (const auto* found = std::get_if<Wanted>(&value)) return *found;
    throw Error(fmt::format("expected {}", what));
}

// HOST[:PORT][/PATH]; it becomes part of a URL.
std::string location_of(const Value& value) {
    auto text = as<std::string>(value, "a text");
    const bool prefix = text.starts_with("*.");
    std::string_view rest = text;
    while (rest.ends_with('/')) rest.remove_suffix(1);
    const auto name = prefix ? "x" + std::string(rest.substr(1)) : std::string(rest);
    // With something behind it, it has to be a name of an image.
    if (rest.find('@') != rest.npos || parse_docker_name(name + "/x").repository.empty())
        throw Error(fmt::format("\"{}\" is no registry", printable(text)));
    return std::string(rest);
}

class ConfReader {
public:
    std::vector<RegistryRule> read(std::string_view text, std::string_view name) {
        const auto lines = split_lines(text);
        if (lines.size() > kMostLines) throw Error(fmt::format("{}: more than {} lines", name, kMostLines));
        for (const std::string_view line : lines) {
            ++number_;
            with_context(fmt::format("{}: line {}", name, number_), [&] { take_line(line); });
        }
        if (!open_list_.empty()) throw Error(fmt::format("{}: a list that does not end", name));
        with_context(name, [&] { complete(); });
        return std::move(rules_);
    }

private:
    enum class Table { Top, Registry, Mirror, Skipped };

    void take_line(std::string_view line) {
        if (!open_list_.empty()) {
            open_list_ += " " + std::string(line.substr(0, line.find('#')));
            if (auto value = ValueReader(open_list_).read()) {
                open_list_.clear();
                assign(open_key_, *value);
            }
            return;
        }
        line = trim(line);
        if (line.empty() || line.starts_with('#')) return;
        if (line.starts_with('[')) return open_table(line);
        const auto equals = line.find('=');
        if (equals == line.npos) throw Error("\"key = value\" is expected");
        const std::string key(unquoted(line.substr(0, equals)));
        if (auto value = ValueReader(line.substr(equals + 1)).read()) return assign(key, *value);
        open_key_ = key;
        open_list_ = line.substr(equals + 1, line.find('#') - equals - 1);
    }

    void open_table(std::string_view line) {
        line = trim(line.substr(0, line.find('#')));
        if (line == "[[registry]]") {
            if (rules_.size() == kMostRules) throw Error("too many registries");
            rules_.emplace_back();
            table_ = Table::Registry;
        } else if (line == "[[registry.mirror]]" || line == "[[registry.mirrors]]") {
            if (rules_.empty()) throw Error("a mirror without a registry");
            rules_.back().mirrors.emplace_back();
            table_ = Table::Mirror;
        } else if (line == "[aliases]" || line == "[auth-helpers]") {
            table_ = Table::Skipped;
        } else {
            throw Error(fmt::format("{} is not known; [[registry]] and [[registry.mirror]] are (version 2 of the format)",
                                    printable(line)));
        }
    }

    void assign(const std::string& key, const Value& value) {
        if (table_ == Table::Skipped) return;
        const bool known = table_ == Table::Top ? false : table_ == Table::Mirror ? assign_mirror(key, value) : assign_registry(key, value);
        if (known) return;
        if (std::find(kSkippedKeys.begin(), kSkippedKeys.end(), key) == kSkippedKeys.end())
            throw Error(fmt::format("{} is not known here", printable(key)));
        if (key == "mirror-by-digest-only" && table_ == Table::Registry)
            digests_only_.push_back({rules_.size() - 1, as<bool>(value, "true or false")});
    }

    bool assign_registry(const std::string& key, const Value& value) {
        RegistryRule& rule = rules_.back();
        if (key == "prefix") rule.prefix = location_of(value);
        else if (key == "location") rule.location = location_of(value);
        else if (key == "insecure") rule.insecure = as<bool>(value, "true or false");
        else if (key == "blocked") rule.blocked = as<bool>(value, "true or false");
        else return false;
        return true;
    }

    bool assign_mirror(const std::string& key, const Value& value) {
        RegistryMirror& mirror = rules_.back().mirrors.back();
        if (key == "location") mirror.location = location_of(value);
        else if (key == "insecure") mirror.insecure = as<bool>(value, "true or false");
        else if (key == "pull-from-mirror") choose(mirror, as<std::string>(value, "a text"));
        else return false;
        return true;
    }

    static void choose(RegistryMirror& mirror, const std::string& word) {
        if (word != "all" && word != "digest-only" && word != "tag-only") throw Error("expected all, digest-only or tag-only");
        mirror.for_digests = word != "tag-only";
        mirror.for_tags = word != "digest-only";
    }

    void complete() {
        for (const auto& [index, only] : digests_only_)
            for (RegistryMirror& mirror : rules_[index].mirrors) mirror.for_tags = mirror.for_tags && !only;
        for (RegistryRule& rule : rules_) {
            if (rule.prefix.empty()) rule.prefix = rule.location;
            if (rule.prefix.empty()) throw Error("a registry without prefix and location");
            const bool any = rule.prefix.starts_with("*.");
            if (rule.location.empty() && !any) rule.location = rule.prefix;
            for (const RegistryMirror& mirror : rule.mirrors)
                if (mirror.location.empty()) throw Error("a mirror of " + rule.prefix + " without a location");
        }
    }

    std::vector<RegistryRule> rules_;
    std::vector<std::pair<std::size_t, bool>> digests_only_;
    Table table_ = Table::Top;
    std::string open_key_; // of a list that goes on
    std::string open_list_;
    std::size_t number_ = 0;
};

// How much of "host/repository" the prefix is; 0: none of it.
std::size_t matched(std::string_view prefix, std::string_view host, std::string_view full) {
    if (prefix.starts_with("*.")) return host.ends_with(prefix.substr(1)) ? host.size() : 0;
    if (!full.starts_with(prefix)) return 0;
    return full.size() == prefix.size() || full[prefix.size()] == '/' ? prefix.size() : 0;
}

RegistryPlace place(std::string_view location, std::string_view rest, bool insecure, bool mirror) {
    const std::string full = std::string(location) + std::string(rest);
    const auto slash = full.find('/');
    return {.host = full.substr(0, slash), .repository = full.substr(slash + 1), .insecure = insecure, .mirror = mirror};
}

} // namespace

std::vector<RegistryRule> parse_registries_conf(std::string_view text, std::string_view name) {
    return ConfReader().read(text, name);
}

std::vector<RegistryPlace> registry_places(const std::vector<RegistryRule>& rules, const OciReference& reference) {
    const std::string full = reference.host + "/" + reference.repository;
    const RegistryRule* best = nullptr;
    std::size_t length = 0;
    for (const RegistryRule& rule : rules) {
        const auto found = matched(rule.prefix, reference.host, full);
        const bool longer = best == nullptr || rule.prefix.size() > best->prefix.size();
        if (found == 0 || !longer) continue;
        best = &rule;
        length = found;
    }
    if (best == nullptr) return {{.host = reference.host, .repository = reference.repository}};
    if (best->blocked)
        throw Error(fmt::format("{}: the administrator blocks {} in registries.conf", printable(full), printable(best->prefix)));
    const std::string_view rest = std::string_view(full).substr(length);
    std::vector<RegistryPlace> places;
    for (const RegistryMirror& mirror : best->mirrors)
        if (reference.digest ? mirror.for_digests : mirror.for_tags)
            places.push_back(place(mirror.location, rest, mirror.insecure, true));
    const std::string_view location = best->location.empty() ? std::string_view(full).substr(0, length) : best->location;
    places.push_back(place(location, rest, best->insecure, false));
    return places;
}

} // namespace lxcpp::image
