// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe.h"

#include <cstdint>
#include <ctime>
#include <map>
#include <string>
#include <utility>
#include <vector>

// What stands beside a root file system in an image: metadata for LXC and for Incus.
namespace lxcpp::distro {

using NamedTexts = std::vector<std::pair<std::string, std::string>>; // name in the archive, content

// A file that Incus fills in when an instance is created, copied, renamed or started.
struct InstanceTemplate {
    std::string target; // absolute, in the instance
    std::string file;   // below templates/
    std::string text;
    std::vector<std::string> when;
    std::map<std::string, std::string> properties;
    bool create_only = false;
    std::string uid = {};
    std::string gid = {};
    std::string mode = {};

    bool operator==(const InstanceTemplate&) const = default;
};

// What the generators leave for the metadata.
struct ImageFiles {
    std::vector<std::string> lxc_templates; // absolute paths, in which LXC fills in LXC_NAME and the like
    std::vector<InstanceTemplate> instance_templates;
};

// Another one for the same file of the instance takes its place. Of two texts with one name the second is numbered.
void add_instance_template(ImageFiles& files, InstanceTemplate added);

// The members of meta.tar.xz: config and config-user, also for the older levels of compatibility that differ,
// create-message, expiry, excludes-user, templates. recipe is filled in and filtered; now the time of the build.
[[nodiscard]] NamedTexts lxc_metadata(const Recipe& recipe, const ImageFiles& files, const std::vector<std::string>& devices, std::time_t now);

// The members of incus.tar.xz: metadata.yaml, templates/*.
[[nodiscard]] NamedTexts incus_metadata(const Recipe& recipe, const ImageFiles& files, std::time_t now);

// LXC's levels of compatibility (1 to 5) that an entry of targets.lxc.config is for.
[[nodiscard]] bool is_for_level(const LxcConfig& entry, std::uint64_t level) noexcept;

} // namespace lxcpp::distro
