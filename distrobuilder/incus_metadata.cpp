// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/expiry.h"
#include "distrobuilder/image_files.h"
#include "image/yaml_text.h"

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

using image::yaml_quoted;

std::string rule(const InstanceTemplate& one) {
    std::string text = fmt::format("  {}:\n    template: {}\n", yaml_quoted(one.target), yaml_quoted(one.file));
    text += one.when.empty() ? "    when: []\n" : "    when:\n";
    for (const std::string& trigger : one.when) text += fmt::format("    - {}\n", yaml_quoted(trigger));
    text += fmt::format("    create_only: {}\n", one.create_only);
    text += one.properties.empty() ? "    properties: {}\n" : "    properties:\n";
    for (const auto& [name, value] : one.properties) text += fmt::format("      {}: {}\n", yaml_quoted(name), yaml_quoted(value));
    for (const auto& [name, value] : {std::pair("uid", &one.uid), {"gid", &one.gid}, {"mode", &one.mode}})
        if (!value->empty()) text += fmt::format("    {}: {}\n", name, yaml_quoted(*value));
    return text;
}

} // namespace

NamedTexts incus_metadata(const Recipe& recipe, const ImageFiles& files, std::time_t now) {
    const ImageSection& image = recipe.image;
    std::string yaml = fmt::format("architecture: {}\ncreation_date: {}\nexpiry_date: {}\nproperties:\n", yaml_quoted(image.architecture), now,
                                   expiry_date(now, image.expiry));
    for (const auto& [name, value] :
         {std::pair("architecture", &image.architecture_mapped), {"description", &image.description}, {"name", &image.name},
          {"os", &image.distribution}, {"release", &image.release}, {"serial", &image.serial}, {"variant", &image.variant}})
        yaml += fmt::format("  {}: {}\n", name, yaml_quoted(*value));
    yaml += files.instance_templates.empty() ? "templates: {}\n" : "templates:\n";
    NamedTexts members;
    for (const InstanceTemplate& one : files.instance_templates) {
        yaml += rule(one);
        members.emplace_back("templates/" + one.file, one.text);
    }
    members.insert(members.begin(), {"metadata.yaml", std::move(yaml)});
    return members;
}

} // namespace lxcpp::distro
