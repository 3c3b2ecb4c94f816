// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

// What an image brings besides its root file system, as it was in there: nothing of it can be trusted.
namespace lxcpp {

// A file that a container gets made from a template (metadata.yaml of Incus): text in the language of
// base/template_text.h.
struct ImageTemplate {
    std::string target; // absolute, in the root file system
    std::string text;
    std::map<std::string, std::string> properties; // what the template may ask for
    std::vector<std::string> when;                 // "create", "copy", "start", ...
    bool create_only = false;                      // an existing file stays
    uid_t uid = 0;
    gid_t gid = 0;
    mode_t mode = 0644; // of a file that is new

    bool operator==(const ImageTemplate&) const = default;
};

struct ImageContent {
    // Lines of configuration, with the words LXC_NAME, LXC_PATH, LXC_ROOTFS, LXC_TEMPLATE_CONFIG, LXC_HOOK_DIR in them.
    std::string config;
    std::string config_user; // for a container with an id map; empty: the same
    std::string create_message;
    std::vector<std::string> substitute; // files of the root in which those words are replaced
    std::vector<ImageTemplate> templates;
    std::map<std::string, std::string> documents; // kept as they came: "manifest.json", "metadata.yaml"

    bool operator==(const ImageContent&) const = default;
};

// As one text, in which any bytes may stand: netstrings (LENGTH:BYTES,) of key and value in turn, at last the sha256 of those
// before it.
[[nodiscard]] std::string format_image_content(const ImageContent& content);
// Throws Error "NAME: ...", also for another digest; what has none was written before there was one. At most 16 MiB.
[[nodiscard]] ImageContent parse_image_content(std::string_view text, std::string_view name);

} // namespace lxcpp
