// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/yaml_document.h"

#include <string>
#include <vector>

namespace lxcpp::distro {

struct LegacyName {
    image::YamlPlace place;
    std::string key;
    std::string text;
};

// Gives what recipes called otherwise before distrobuilder 3.0 (2023) today's names: targets.lxd, the generator
// lxd-agent, the manager luet; the generator upstart-tty (until 2021) is taken out. Tells what it changed.
[[nodiscard]] std::vector<LegacyName> rename_legacy(image::YamlNode& recipe);

} // namespace lxcpp::distro
