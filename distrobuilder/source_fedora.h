// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/root_source.h"
#include "distrobuilder/source.h"

#include <memory>

namespace lxcpp::distro {

// Fedora: the newest build of the generic container image of a release, an OCI layout in an archive.
[[nodiscard]] std::unique_ptr<RootSource> open_fedora_source(const SourceWork& work);

[[nodiscard]] SourceArchive plan_fedora(const SourceRequest& request);

} // namespace lxcpp::distro
