// SPDX-License-Identifier: Apache-2.0
#include "debian/template_config.h"

#include "debian/architecture.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::debian {
std::string config_additions(const ConfigAdditions& additions) {
    std::string text = "\n# Distribution\n";
    text += fmt::format("lxc.include = {}\n", (additions.config_dir / "debian.common.conf").string());
    if (additions.mapped) {
        text += fmt::format("lxc.include = {}\n", (additions.config_dir / "debian.userns.conf").string());
    }
    text += fmt::format("lxc.arch = {}\n", machine_name(additions.architecture));
    text += "\n# Container\n";
    text += fmt::format("lxc.uts.name = {}\n", additions.name);
    return text;
}

void extend_config(const sys::RootedDir& container, const ConfigAdditions& additions) {
    std::string text = container.read_file("config").value_or("");
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    const auto info = container.stat("config");
    container.write_file("config", text + config_additions(additions), info ? info->st_mode & 07777 : 0644);
}

} // namespace lxcpp::debian
