// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/output.h"

#include <string>

// The documents of an OCI image of one layer (OCI image-spec 1.1), as JSON. Equal ones have equal bytes.
namespace lxcpp::distro {

struct OciBlobName {
    std::string media_type;
    std::string sha256;
    std::uint64_t size = 0;
};

// What targets.oci says. When it says nothing to run: /sbin/init of a tree that has one, else its shell.
[[nodiscard]] std::string oci_config_document(const OutputWork& work, const std::string& layer_diff_sha256);
[[nodiscard]] std::string oci_manifest_document(const OutputWork& work, const OciBlobName& config, const OciBlobName& layer);
[[nodiscard]] std::string oci_index_document(const OutputWork& work, const OciBlobName& manifest);
// The name of the image in its layout: what was asked for, the release, or "latest"; characters that a tag has not are "-".
[[nodiscard]] std::string oci_tag_of(const OutputWork& work);

} // namespace lxcpp::distro
