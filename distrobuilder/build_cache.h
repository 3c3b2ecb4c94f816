// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"

#include <filesystem>

namespace lxcpp::distro {

// The cache of builds, open. Throws Error for a directory that has something in it and never was a
// cache: what stands there under our names would be taken for what a build that was killed has
// left. That of a user is for enter_build_namespace() to refuse.
[[nodiscard]] image::ImageCache open_build_cache(const std::filesystem::path& directory);

} // namespace lxcpp::distro
