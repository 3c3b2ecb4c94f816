// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp::image {

// How to talk to registries, from the command line and the places where administrators say it.
struct OciRegistryOptions {
    std::optional<std::string> user; // for the registry of the reference; none: see auth_files
    std::string password;
    std::vector<std::filesystem::path> auth_files;              // containers-auth.json(5); the first that knows counts
    std::optional<std::filesystem::path> registries_conf;       // containers-registries.conf(5)
    std::vector<std::filesystem::path> certificate_directories; // containers-certs.d(5)
};

// Everything but user and password as an administrator expects it. auth_files: $REGISTRY_AUTH_FILE alone when that is
// set; else $XDG_RUNTIME_DIR/containers/auth.json (root: /run/containers/0/auth.json), containers/auth.json of
// $XDG_CONFIG_HOME, config.json of $DOCKER_CONFIG or ~/.docker. registries_conf: that in config (/etc/lxcpp), else
// /etc/containers/registries.conf. certificate_directories: certs.d in config, ~/.config/containers, /etc/containers and /etc/docker.
[[nodiscard]] OciRegistryOptions default_registry_options(const std::filesystem::path& config);

} // namespace lxcpp::image
