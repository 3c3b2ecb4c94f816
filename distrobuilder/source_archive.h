// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/root_source.h"

#include <memory>

namespace lxcpp::distro {

// The source of a recipe whose root file system is archives on a server (source.h): located, verified, and unpacked.
[[nodiscard]] std::unique_ptr<RootSource> open_archive_source(const SourceWork& work);

} // namespace lxcpp::distro
