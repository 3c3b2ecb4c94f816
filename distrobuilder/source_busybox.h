// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/root_source.h"

#include <memory>

namespace lxcpp::distro {

// BusyBox, compiled from its source with this machine's compiler, in a sandbox that has nothing of the machine but its programs.
// Throws Error when the machine has no compiler.
[[nodiscard]] std::unique_ptr<RootSource> open_busybox_source(const SourceWork& work);

} // namespace lxcpp::distro
