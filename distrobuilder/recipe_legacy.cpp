// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_legacy.h"

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

using image::YamlKind;
using image::YamlMember;
using image::YamlNode;

void rename_target(YamlNode& recipe, std::vector<LegacyName>& told) {
    YamlNode* targets = recipe.find("targets");
    if (targets == nullptr) return;
    const auto old = std::ranges::find(targets->members, "lxd", &YamlMember::name);
    if (old == targets->members.end() || targets->find("incus") != nullptr) return;
    told.push_back({old->place, "targets.lxd", "is read as targets.incus, its name of today"});
    old->name = "incus";
}

void rename_text(YamlNode* node, const std::string& key, std::string_view from, std::string_view to, std::vector<LegacyName>& told) {
    if (node == nullptr || node->kind != YamlKind::Text || node->text != from) return;
    told.push_back({node->place, key, fmt::format("{} is read as {}, its name of today", from, to)});
    node->text = to;
}

void rename_generators(YamlNode& recipe, std::vector<LegacyName>& told) {
    YamlNode* files = recipe.find("files");
    if (files == nullptr || files->kind != YamlKind::List) return;
    const auto dropped = [](const YamlNode& file) {
        const YamlNode* generator = file.find("generator");
        return generator != nullptr && generator->kind == YamlKind::Text && generator->text == "upstart-tty";
    };
    for (std::size_t i = 0; i < files->items.size(); ++i) {
        YamlNode& file = files->items[i];
        const std::string key = fmt::format("files.{}.generator", i);
        rename_text(file.find("generator"), key, "lxd-agent", "incus-agent", told);
        if (dropped(file)) told.push_back({file.place, key, "upstart-tty does nothing any more and is left out"});
    }
    std::erase_if(files->items, dropped);
}

} // namespace

std::vector<LegacyName> rename_legacy(YamlNode& recipe) {
    std::vector<LegacyName> told;
    rename_target(recipe, told);
    if (YamlNode* packages = recipe.find("packages"))
        rename_text(packages->find("manager"), "packages.manager", "luet", "anise", told);
    rename_generators(recipe, told);
    return told;
}

} // namespace lxcpp::distro
