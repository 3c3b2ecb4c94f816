// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/output.h"
#include "distrobuilder/output_files.h"
#include "image/pack.h"

#include <string>
#include <vector>

// The root file system of an image, as outputs take it.
namespace lxcpp::distro {

// The device nodes below /dev, as "./dev/null": LXC leaves them out for users.
[[nodiscard]] std::vector<std::string> tree_devices(const sys::RootedDir& root);
// How trees are packed: compressed as the work's options say, times held back, with devices.
[[nodiscard]] image::PackOptions tree_options(const OutputWork& work);
image::Packed pack_root(OutputFiles& files, const std::string& name, const OutputWork& work, const image::PackOptions& pack);

} // namespace lxcpp::distro
