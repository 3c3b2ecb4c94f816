// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_reference.h"

#include <string>

namespace lxcpp::image {

// What an image is called when nobody says how: "alpine:edge" of docker://docker.io/library/alpine:edge, and of
// oci:DIRECTORY:docker.io/library/alpine:edge; "app:v1" of oci:/srv/app:v1; "app" of docker-archive:/srv/app.tar.gz.
[[nodiscard]] std::string alias_of(const OciReference& reference);

} // namespace lxcpp::image
