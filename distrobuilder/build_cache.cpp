// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/build_cache.h"

#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <string>
#include <string_view>
#include <sys/stat.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

constexpr auto kMark = "locks/use"; // each cache has had it from its first use on
constexpr std::array<std::string_view, 5> kFirst{"files", "trees", "sums", "tmp", "locks"};

bool is_file(const fs::path& path) {
    const auto info = sys::stat_path(path, false);
    return info && S_ISREG(info->st_mode);
}

bool is_empty_directory(const fs::path& path) {
    const auto info = sys::stat_path(path, false);
    return info && S_ISDIR(info->st_mode) && sys::list_dir(path).empty();
}

// Or on its way to be one: who made it was killed.
bool may_become_cache(const fs::path& directory) {
    return std::ranges::all_of(sys::list_dir(directory), [&](const std::string& name) {
        return std::ranges::find(kFirst, name) != kFirst.end() &&
               is_empty_directory(directory / name);
    });
}

} // namespace

image::ImageCache open_build_cache(const fs::path& directory) {
    if (sys::exists(directory) && !is_file(directory / kMark) && !may_become_cache(directory))
        throw Error(fmt::format(
            "{} is not empty, and what is in it is not the builder's: choose another --cache-dir",
            directory.string()));
    return image::ImageCache::open(directory);
}

} // namespace lxcpp::distro
