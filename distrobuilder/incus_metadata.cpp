// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/expiry.h"
#include "distrobuilder/image_files.h"
#include "image/metadata_writer.h"
#include "image/yaml_text.h"

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

using image::yaml_quoted;

image::TemplateRule rule_of(const InstanceTemplate& one) {
    return {.target = one.target, .file = one.file, .when = one.when, .properties = one.properties, .create_only = one.create_only, .uid = one.uid, .gid = one.gid, .mode = one.mode};
}

} // namespace

void add_instance_template(ImageFiles& files, InstanceTemplate added) {
    auto& templates = files.instance_templates;
    std::erase_if(templates, [&](const InstanceTemplate& other) { return other.target == added.target; });
    const std::string name = added.file;
    const auto taken = [&](const InstanceTemplate& other) { return other.file == added.file && other.text != added.text; };
    for (int number = 2; std::ranges::any_of(templates, taken); ++number)
        added.file = fmt::format("{}-{}.tpl", name.substr(0, name.rfind(".tpl")), number);
    templates.push_back(std::move(added));
}

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
        yaml += image::incus_template_rule(rule_of(one));
        std::pair member("templates/" + one.file, one.text);
        if (std::ranges::find(members, member) == members.end()) members.push_back(std::move(member));
    }
    members.insert(members.begin(), {"metadata.yaml", std::move(yaml)});
    return members;
}

} // namespace lxcpp::distro
