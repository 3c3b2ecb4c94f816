// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/expiry.h"
#include "distrobuilder/image_files.h"
#include "distrobuilder/tree_files.h"

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr std::uint64_t kNewest = 5; // its files have no number

std::string config_of(const std::vector<LxcConfig>& entries, std::string_view kind, std::uint64_t level) {
    std::string text;
    for (const LxcConfig& entry : entries)
        if ((entry.type == "all" || entry.type == kind) && is_for_level(entry, level)) text += whole_lines(entry.content);
    return text;
}

void add_configs(NamedTexts& members, const std::vector<LxcConfig>& entries, std::string_view kind, std::string_view name) {
    for (std::uint64_t level = 1; level <= kNewest; ++level) {
        std::string text = config_of(entries, kind, level);
        if (text.empty()) continue;
        members.emplace_back(level == kNewest ? std::string(name) : fmt::format("{}.{}", name, level), std::move(text));
    }
}

std::string lines(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all) text += one + "\n";
    return text;
}

} // namespace

bool is_for_level(const LxcConfig& entry, std::uint64_t level) noexcept {
    const std::uint64_t before = entry.before == 0 ? kNewest + 1 : entry.before;
    const bool above = entry.after < level;
    const bool below = level < before;
    return entry.after < before ? above && below : above || below;
}

NamedTexts lxc_metadata(const Recipe& recipe, const ImageFiles& files, const std::vector<std::string>& devices, std::time_t now) {
    NamedTexts members;
    add_configs(members, recipe.targets.lxc.config, "system", "config");
    add_configs(members, recipe.targets.lxc.config, "user", "config-user");
    members.emplace_back("create-message", whole_lines(recipe.targets.lxc.create_message));
    members.emplace_back("expiry", fmt::format("{}\n", expiry_date(now, recipe.image.expiry)));
    members.emplace_back("excludes-user", devices.empty() ? "\n" : lines(devices));
    if (!files.lxc_templates.empty()) members.emplace_back("templates", lines(files.lxc_templates));
    return members;
}

} // namespace lxcpp::distro
