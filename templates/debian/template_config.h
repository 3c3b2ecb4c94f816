// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/rooted_dir.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace lxcpp::debian {

struct ConfigAdditions {
    std::string name;
    std::string architecture;         // Debian's word
    std::filesystem::path config_dir; // where debian.common.conf is installed
    bool mapped = false;
};

// The lines that make a container's configuration one for Debian, in LXC's keys.
[[nodiscard]] std::string config_additions(const ConfigAdditions& additions);

// Appends them to the file config of the container's directory, replacing it as a whole.
void extend_config(const sys::RootedDir& container, const ConfigAdditions& additions);

} // namespace lxcpp::debian
