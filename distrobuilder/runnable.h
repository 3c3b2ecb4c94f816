// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/build_steps.h"
#include "distrobuilder/recipe.h"

#include <filesystem>
#include <span>

namespace lxcpp::distro {

// Whether a step runs a program of the root file system.
[[nodiscard]] bool runs_programs(std::span<const BuildStep> steps) noexcept;

// Programs of the image's architecture run here as steps run them: the machine executes them, or an
// interpreter that is registered for them is found from within a root file system. Otherwise Error
// says what to install. scratch: an existing directory for what is tried. The process is in a
// build's namespace, unless the architecture is the machine's own.
void require_runnable(const ImageSection& image, const std::filesystem::path& scratch);

} // namespace lxcpp::distro
