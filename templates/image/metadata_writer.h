// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/image_content.h"
#include "store/image_record.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

// The metadata of an image, as others read it: name in the archive, and content.
namespace lxcpp::image {

using NamedFiles = std::vector<std::pair<std::string, std::string>>;

// What metadata.yaml says of one template.
struct TemplateRule {
    std::string target; // absolute, in the instance
    std::string file;   // below templates/
    std::vector<std::string> when;
    std::map<std::string, std::string> properties;
    bool create_only = false;
    std::string uid = {}; // empty: as Incus has it
    std::string gid = {};
    std::string mode = {};
};
// Its lines, below "templates:".
[[nodiscard]] std::string incus_template_rule(const TemplateRule& rule);

// Of incus.tar.xz (and its twin lxd.tar.xz): metadata.yaml, templates/*.
[[nodiscard]] NamedFiles incus_metadata_files(const ImageRecord& record, const ImageContent& content);
// Of meta.tar.xz, for LXC's download template: config, config-user, create-message, templates, expiry. An image that
// brings no configuration gets the common one that LXC and we install.
[[nodiscard]] NamedFiles lxc_metadata_files(const ImageRecord& record, const ImageContent& content);

} // namespace lxcpp::image
