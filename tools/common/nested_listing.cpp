// SPDX-License-Identifier: Apache-2.0
#include "common/nested.h"

#include "base/paths.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <set>

namespace lxcpp::tools {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostWords = 256; // groups or addresses of one container
constexpr std::size_t kLongestWord = 256;

[[noreturn]] void refuse(std::string_view what) { throw Error(fmt::format("its lxcpp-ls printed no listing: {}", what)); }

// null and a column that was not asked for are both "not known".
const Json* known(const Json& row, const char* key) {
    const auto found = row.find(key);
    return found == row.end() || found->is_null() ? nullptr : &*found;
}

std::string text_at(const Json& row, const char* key) {
    const Json* value = known(row, key);
    if (value == nullptr || !value->is_string()) refuse(fmt::format("a row without {}", key));
    return value->get<std::string>();
}

std::optional<std::uint64_t> number_at(const Json& row, const char* key) {
    const Json* value = known(row, key);
    if (value == nullptr) return std::nullopt;
    constexpr std::uint64_t most = INT64_MAX;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > most) refuse(fmt::format("{} is no number", key));
    return value->get<std::uint64_t>();
}

bool truth_at(const Json& row, const char* key) {
    const Json* value = known(row, key);
    if (value != nullptr && !value->is_boolean()) refuse(fmt::format("{} is no truth value", key));
    return value != nullptr && value->get<bool>();
}

std::vector<std::string> words_at(const Json& row, const char* key) {
    std::vector<std::string> words;
    const Json* value = known(row, key);
    if (value == nullptr) return words;
    if (!value->is_array() || value->size() > kMostWords) refuse(fmt::format("{} is no list", key));
    for (const Json& word : *value) {
        if (!word.is_string() || word.get_ref<const std::string&>().size() > kLongestWord) refuse(fmt::format("{} is no list of words", key));
        words.push_back(word.get<std::string>());
    }
    return words;
}

void check_name(const std::string& name, std::size_t depth, const std::set<std::string>& before) {
    const auto parts = split(name, '/');
    if (parts.size() > depth) refuse("a name that is too deep");
    for (const std::string_view part : parts) {
        try {
            check_container_name(std::string(part));
        } catch (const Error&) {
            refuse("a name that no container can have");
        }
    }
    if (before.contains(name)) refuse("a name that comes twice");
    if (parts.size() > 1 && !before.contains(name.substr(0, name.rfind('/')))) refuse("a container without the one around it");
}

ListEntry entry_of(const Json& row) {
    if (!row.is_object()) refuse("a row that is no object");
    ListEntry entry;
    entry.name = text_at(row, "name");
    const auto state = parse_state(text_at(row, "state"));
    if (!state) refuse("a state that there is not");
    entry.state = *state;
    if (const auto pid = number_at(row, "pid")) {
        if (*pid > INT32_MAX) refuse("pid is no process id");
        entry.pid = static_cast<pid_t>(*pid);
    }
    entry.memory_bytes = number_at(row, "ram");
    entry.swap_bytes = number_at(row, "swap");
    entry.autostart = truth_at(row, "autostart");
    entry.groups = words_at(row, "groups");
    entry.interfaces = words_at(row, "interface");
    entry.ipv4 = words_at(row, "ipv4");
    entry.ipv6 = words_at(row, "ipv6");
    entry.unprivileged = truth_at(row, "unprivileged");
    for (const char* key : {"autostart", "groups", "unprivileged"}) {
        if (row.contains(key) && row[key].is_null()) entry.broken = "its configuration is broken";
    }
    return entry;
}

} // namespace

std::vector<ListEntry> parse_nested(std::string_view json, std::size_t depth) {
    const Json rows = Json::parse(json, nullptr, false);
    if (!rows.is_array()) refuse("no JSON list");
    std::vector<ListEntry> entries;
    std::set<std::string> names;
    for (const Json& row : rows) {
        entries.push_back(entry_of(row));
        check_name(entries.back().name, depth, names);
        names.insert(entries.back().name);
    }
    return entries;
}

} // namespace lxcpp::tools
