// SPDX-License-Identifier: Apache-2.0
#include "container/template_config.h"

#include "base/error.h"
#include "base/paths.h"
#include "config/item.h"
#include "sys/file.h"
#include "sys/own_namespace.h"

#include <algorithm>
#include <sys/stat.h>
#include <vector>

namespace lxcpp {
namespace {

constexpr std::size_t kMostLines = 100;

std::vector<std::string> assignments(const ConfigText& text) {
    std::vector<std::string> found;
    for (const std::string& line : text.lines()) {
        const Line parts = parse_line(line);
        if (parts.kind == LineKind::Assignment) found.push_back(assignment(parts.key, parts.value));
    }
    return found;
}

// Those of all that are not among known, each of which stands for one.
std::vector<std::string> without_known(const std::vector<std::string>& all, std::vector<std::string> known) {
    std::vector<std::string> rest;
    for (const std::string& one : all) {
        const auto same = std::ranges::find(known, one);
        if (same == known.end()) rest.push_back(one);
        else known.erase(same);
    }
    return rest;
}

std::string map_text(const Config& config) {
    std::string text = get_item(config, "lxc.idmap").value_or("");
    while (text.ends_with('\n')) text.pop_back();
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) text.replace(end, 1, ", ");
    return text.empty() ? "none" : text;
}

void require_same_ids(const TemplateConfig& config) {
    LoadOptions load = config.load;
    load.validate = false; // other values may contradict changed ids
    const Config before = load_config_text(config.before.text(), config.file, load).config;
    const Config after = load_config_text(config.after.text(), config.file, load).config;
    if (after.idmap == before.idmap) return;
    throw Error("lxc.idmap is changed (" + map_text(before) + " to " + map_text(after) +
                "): which ids of the host a container has is not for a template to choose; nothing was created");
}

// In a user's namespace nobody can see whose the host's files are: those that came with lxcpp or LXC count as root's.
bool is_installed(const std::filesystem::path& path, const LoadOptions& load) {
    const std::filesystem::path data = load.data_dir.empty() ? default_paths().data : load.data_dir;
    const auto below = [file = path.lexically_normal().string()](const std::filesystem::path& directory) { return file.starts_with(directory.string() + '/'); };
    return below(data) || below("/usr/share/lxc");
}

bool is_of_root(const std::filesystem::path& path, const LoadOptions& load) {
    const auto info = sys::stat_path(path);
    if (!info || (info->st_mode & (S_IWGRP | S_IWOTH)) != 0) return false;
    return sys::in_own_namespace() ? is_installed(path, load) : info->st_uid == 0;
}

// What it includes is read at each start: whoever may write there configures the container, hooks on the host included.
void require_own_includes(const TemplateConfig& config) {
    for (const std::string& line : without_known(assignments(config.after), assignments(config.before))) {
        const Line parts = parse_line(line);
        if (parts.key != "lxc.include" || parts.value.empty()) continue;
        if (is_of_root(find_shared_file(config.file.parent_path() / parts.value, config.load.data_dir), config.load)) continue;
        throw Error(line + ": others than root may change that file; nothing was created");
    }
}

} // namespace

Config accept_template_config(const TemplateConfig& config) {
    return with_context("the configuration that the template wrote", [&] {
        require_same_ids(config);
        require_own_includes(config);
        return load_config_text(config.after.text(), config.file, config.load).config;
    });
}

void tell_template_config(const TemplateConfig& config, const std::function<void(const std::string&)>& note) {
    if (!note) return;
    const auto before = assignments(config.before);
    const auto after = assignments(config.after);
    std::vector<std::string> lines;
    for (const std::string& line : without_known(after, before)) lines.push_back("the template configured: " + line);
    for (const std::string& line : without_known(before, after)) lines.push_back("the template removed: " + line);
    for (std::size_t i = 0; i < std::min(lines.size(), kMostLines); ++i) note(lines[i]);
    if (lines.size() > kMostLines) note("the template changed " + std::to_string(lines.size() - kMostLines) + " further lines of the configuration");
}

} // namespace lxcpp
