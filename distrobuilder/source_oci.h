// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/root_source.h"
#include "image/oci_source.h"
#include "sys/rooted_dir.h"

#include <memory>

namespace lxcpp::distro {

// An image of a registry: source.url is a name as docker has it ("alpine:3.20", "registry.example/a/b@sha256:…").
// source.sha256 is that of its manifest, or index.
[[nodiscard]] std::unique_ptr<RootSource> open_docker_source(const SourceWork& work);

// Fetches the layers and unpacks one over the other into the empty root; their digests are those of the image.
void unpack_oci_image(image::OciSource& source, const image::OciImage& image, const sys::RootedDir& root, image::ProgressSink& progress);

} // namespace lxcpp::distro
