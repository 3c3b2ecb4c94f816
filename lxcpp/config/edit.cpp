// SPDX-License-Identifier: Apache-2.0
#include "config/edit.h"

#include "config/keys.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

void check_value(std::string_view key, std::string_view value) {
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos)
        throw Error(fmt::format("{}: a value may not contain a line break or a NUL byte", key));
}

// Reads the new text. Throws ConfigError for what is wrong with it and was not with the old one: a
// file with several mistakes can be mended one by one.
LoadedConfig reload(const ConfigText& old, const ConfigText& fresh, const fs::path& name,
                    const LoadOptions& options) {
    std::vector<Problem> before;
    std::vector<Problem> after;
    auto loaded = load_config_tolerant(fresh.text(), name, options, after);
    if (after.empty()) return loaded;
    (void)load_config_tolerant(old.text(), name, options, before);
    for (const auto& problem : after) {
        const bool known = std::ranges::any_of(before, [&](const Problem& other) {
            return other.key == problem.key && other.message == problem.message;
        });
        if (!known)
            throw ConfigError(problem.origin.file, problem.origin.line, problem.key,
                              problem.message);
    }
    return loaded;
}

// The line of the first value makes room for all of them.
void spread(ConfigText& text, std::string_view key, std::span<const std::string> values) {
    if (values.size() < 2) return;
    std::size_t index = text.lines().size();
    while (parse_line(text.lines()[--index]).key != key) {
    }
    std::vector<std::string> lines;
    for (const auto& value : values) lines.push_back(assignment(key, value));
    text.replace(index, lines);
}

// Whether something that was read behind the file's last line of key has undone it.
bool is_undone(const LoadedConfig& loaded, const fs::path& name, std::string_view key) {
    const auto effective = effective_assignments(loaded);
    return std::ranges::none_of(effective, [&](const Assignment& line) {
        return line.key == key && line.origin.file == name.string();
    });
}

} // namespace

ConfigText with_values(const ConfigText& text, const fs::path& name, std::string_view key,
                       std::span<const std::string> values, const LoadOptions& options) {
    for (const auto& value : values) check_value(key, value);
    ConfigText changed = text;
    changed.set(key, values.front());
    spread(changed, key, values);
    const auto loaded = reload(text, changed, name, options);
    if (key == kIncludeKey || !is_undone(loaded, name, key)) return changed;
    changed.remove(key);
    for (const auto& value : values) changed.append(key, value);
    (void)reload(text, changed, name, options);
    return changed;
}

ConfigText with_added(const ConfigText& text, const fs::path& name, std::string_view key,
                      std::string_view value, const LoadOptions& options) {
    check_value(key, value);
    ConfigText changed = text;
    changed.append(key, value);
    (void)reload(text, changed, name, options);
    return changed;
}

ConfigText without(const ConfigText& text, const fs::path& name, std::string_view key,
                   std::string_view value, const LoadOptions& options) {
    ConfigText changed = text;
    const auto removed = value.empty() ? changed.remove(key) : changed.remove(key, value);
    if (removed == 0)
        throw Error(fmt::format("{} has no line {}", name.string(),
                                value.empty() ? std::string(key) : assignment(key, value)));
    (void)reload(text, changed, name, options);
    return changed;
}

void make_includes_absolute(ConfigText& text, const fs::path& from) {
    for (std::size_t i = 0; i < text.lines().size(); ++i) {
        const std::string raw = text.lines()[i];
        const Line line = parse_line(raw);
        if (line.kind != LineKind::Assignment || line.key != kIncludeKey) continue;
        if (line.value.empty() || line.value.starts_with('/')) continue;
        const fs::path path = fs::absolute(from / line.value).lexically_normal();
        text.replace(i, {assignment(kIncludeKey, path.string())});
    }
}

} // namespace lxcpp
