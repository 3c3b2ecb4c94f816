// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/root_source.h"

#include <memory>

namespace lxcpp::distro {

// A distribution that installs itself: the tree of its installation image, run in a sandbox, makes the root file system of
// the packages that the image brings, or of those of the mirror (source_rhel_plan.h). Keys are for the image where somebody
// signs it, and for the packages where nobody does; these come over https or by source.sha256 then.
[[nodiscard]] std::unique_ptr<RootSource> open_rhel_source(const SourceWork& work);

} // namespace lxcpp::distro
