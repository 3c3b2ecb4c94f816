// SPDX-License-Identifier: Apache-2.0
#include "image/metadata_writer.h"

#include "image/yaml_text.h"

#include <fmt/core.h>
#include <map>

namespace lxcpp::image {
namespace {

std::map<std::string, std::string> properties_of(const ImageRecord& record) {
    auto properties = record.properties;
    const auto set = [&](const char* name, const std::string& value) {
        if (!value.empty()) properties[name] = value;
    };
    set("os", record.distribution);
    set("release", record.release);
    set("variant", record.variant);
    set("architecture", record.architecture);
    set("serial", record.serial);
    set("description", record.description);
    return properties;
}

TemplateRule rule_of(const ImageTemplate& one, const std::string& file) {
    TemplateRule rule{.target = one.target, .file = file, .when = one.when, .properties = one.properties, .create_only = one.create_only};
    if (one.uid != 0) rule.uid = std::to_string(one.uid);
    if (one.gid != 0) rule.gid = std::to_string(one.gid);
    if (one.mode != 0644) rule.mode = fmt::format("{:04o}", one.mode);
    return rule;
}

// With what every LXC has: it fails for a file that is not there, and Debian's has none for distributions. Ours chooses
// such a file by itself.
std::string common_config(const ImageRecord& record, bool user) {
    std::string config = "lxc.include = LXC_TEMPLATE_CONFIG/common.conf\n";
    if (user) config += "lxc.include = LXC_TEMPLATE_CONFIG/userns.conf\n";
    if (!record.architecture.empty()) config += fmt::format("lxc.arch = {}\n", record.architecture);
    return config;
}

} // namespace

std::string incus_template_rule(const TemplateRule& rule) {
    std::string text = fmt::format("  {}:\n    template: {}\n", yaml_quoted(rule.target), yaml_quoted(rule.file));
    text += rule.when.empty() ? "    when: []\n" : "    when:\n";
    for (const std::string& trigger : rule.when) text += fmt::format("    - {}\n", yaml_quoted(trigger));
    text += fmt::format("    create_only: {}\n", rule.create_only);
    for (const auto& [name, value] : {std::pair("uid", &rule.uid), {"gid", &rule.gid}, {"mode", &rule.mode}})
        if (!value->empty()) text += fmt::format("    {}: {}\n", name, yaml_quoted(*value));
    text += rule.properties.empty() ? "    properties: {}\n" : "    properties:\n";
    for (const auto& [name, value] : rule.properties) text += fmt::format("      {}: {}\n", yaml_quoted(name), yaml_quoted(value));
    return text;
}

NamedFiles incus_metadata_files(const ImageRecord& record, const ImageContent& content) {
    std::string yaml = fmt::format("architecture: {}\ncreation_date: {}\n", yaml_quoted(record.architecture), record.created);
    if (record.expires != 0) yaml += fmt::format("expiry_date: {}\n", record.expires);
    const auto properties = properties_of(record);
    yaml += properties.empty() ? "properties: {}\n" : "properties:\n";
    for (const auto& [name, value] : properties) yaml += fmt::format("  {}: {}\n", yaml_quoted(name), yaml_quoted(value));
    yaml += content.templates.empty() ? "templates: {}\n" : "templates:\n";
    NamedFiles files;
    for (std::size_t i = 0; i < content.templates.size(); ++i) {
        const std::string file = fmt::format("{}.tpl", i + 1);
        yaml += incus_template_rule(rule_of(content.templates[i], file));
        files.emplace_back("templates/" + file, content.templates[i].text);
    }
    files.insert(files.begin(), {"metadata.yaml", yaml});
    return files;
}

NamedFiles lxc_metadata_files(const ImageRecord& record, const ImageContent& content) {
    const bool own = !content.config.empty();
    const std::string user = own && content.config_user.empty() ? content.config : content.config_user;
    NamedFiles files{{"config", own ? content.config : common_config(record, false)},
                     {"config-user", user.empty() ? common_config(record, true) : user}};
    if (!content.create_message.empty()) files.emplace_back("create-message", content.create_message);
    if (record.expires != 0) files.emplace_back("expiry", fmt::format("{}\n", record.expires));
    std::string substitute;
    for (const std::string& path : content.substitute) substitute += path + '\n';
    if (!substitute.empty()) files.emplace_back("templates", substitute);
    return files;
}

} // namespace lxcpp::image
