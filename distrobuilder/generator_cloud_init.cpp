// SPDX-License-Identifier: Apache-2.0
// cloud-init: switched off where LXC starts the image; for Incus its files are made of the instance's configuration.
#include "base/strings.h"
#include "distrobuilder/generator.h"
#include "distrobuilder/tree_files.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <dirent.h>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr auto kLinks = sys::Links::InRoot;
constexpr std::array<std::string_view, 4> kServices{"cloud-config", "cloud-final", "cloud-init", "cloud-init-local"};
constexpr std::string_view kRunlevels = "/etc/runlevels"; // of OpenRC

void disable(const sys::RootedDir& root) {
    if (root.exists(kRunlevels, kLinks)) {
        for (const auto& level : root.list(kRunlevels, kLinks)) {
            if (level.type != DT_DIR) continue;
            const auto directory = root.sub_dir(fmt::format("{}/{}", kRunlevels, level.name), kLinks);
            for (const std::string_view service : kServices) directory.remove(service);
        }
    }
    write_file(root, "/etc/cloud/cloud-init.disabled", "");
}

// The instance's own key, its name of before, and what the image says.
std::string from_config(std::string_view name, std::string_view otherwise) {
    return fmt::format("{{% if config_get(\"cloud-init.{0}\", \"\") == \"\" %}}{{{{ config_get(\"user.{0}\", {1}) }}}}"
                       "{{% else %}}{{{{ config_get(\"cloud-init.{0}\", {1}) }}}}{{% endif %}}\n",
                       name, otherwise);
}

constexpr std::string_view kMetaData = "instance-id: {{ container.name }}\n"
                                       "local-hostname: {{ container.name }}\n"
                                       "{{ config_get(\"user.meta-data\", \"\") }}\n";

std::string network_config(const FileEntry& entry, TargetType type) {
    const std::string_view interface = type == TargetType::Vm ? "enp5s0" : "eth0";
    const std::string otherwise = entry.content.empty()
                                      ? fmt::format("version: 1\nconfig:\n  - type: physical\n    name: {}\n    subnets:\n"
                                                    "      - type: dhcp\n        control: auto\n", interface)
                                      : whole_lines(entry.content);
    return fmt::format("{{% if config_get(\"cloud-init.network-config\", \"\") != \"\" %}}{{{{ config_get(\"cloud-init.network-config\", \"\") }}}}\n"
                       "{{% elif config_get(\"user.network-config\", \"\") != \"\" %}}{{{{ config_get(\"user.network-config\", \"\") }}}}\n"
                       "{{% else %}}{}{{% endif %}}", otherwise);
}

std::string text_of(const FileEntry& entry, TargetType type) {
    if (entry.name == "user-data" || entry.name == "vendor-data") return from_config(entry.name, "properties.default");
    if (entry.name == "meta-data") return std::string(kMetaData);
    if (entry.name == "network-config") return network_config(entry, type);
    throw Error(fmt::format("user-data, meta-data, vendor-data and network-config are known, not {}", printable(entry.name)));
}

} // namespace

void generate_cloud_init(const GeneratorCall& call) {
    const FileEntry& entry = call.entry;
    const std::string text = text_of(entry, call.target.type);
    if (call.target.output == Output::Lxc) return disable(call.root);
    if (call.target.output != Output::Incus) return;
    auto properties = entry.instance.properties;
    if (entry.name == "user-data" || entry.name == "vendor-data")
        properties.try_emplace("default", entry.content.empty() ? "#cloud-config\n{}" : entry.content);
    add_instance_template(call.files, {.target = entry.path.empty() ? "/var/lib/cloud/seed/nocloud-net/" + entry.name : require_absolute(entry.path),
                                       .file = fmt::format("cloud-init-{}.tpl", entry.name),
                                       .text = text,
                                       .when = {"create", "copy"},
                                       .properties = std::move(properties)});
}

} // namespace lxcpp::distro
