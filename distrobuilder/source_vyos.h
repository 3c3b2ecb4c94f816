// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/root_source.h"

#include <memory>

namespace lxcpp::distro {

// VyOS: the tree of its newest live image. source.url is the image itself (".iso"), or tells of a release as GitHub does; without
// one that of the rolling release.
[[nodiscard]] std::unique_ptr<RootSource> open_vyos_source(const SourceWork& work);

} // namespace lxcpp::distro
