// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/archive.h"
#include "debian/contained.h"
#include "image/cache.h"
#include "image/progress.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace lxcpp::debian {

// Default: required and important packages; Minbase: essential and required; Standard: standard too.
// Always with what it takes to boot.
enum class Variant { Default, Minbase, Standard };
[[nodiscard]] std::string_view variant_name(Variant variant) noexcept;

struct Selection {
    std::vector<const Package*> packages; // in order of installation
    std::size_t core_count = 0;           // the first ones: essential, required and what they need
};

// Everything to install for a variant and the user's further packages. Error for what cannot be had.
[[nodiscard]] Selection select_packages(const PackageIndex& index, Variant variant,
                                        const std::vector<std::string>& further);

// The wanted packages and all that they need.
[[nodiscard]] Selection select_with_dependencies(const PackageIndex& index, std::span<const Package* const> wanted);

struct BaseRequest {
    std::vector<Suite> suites; // the release's own first, then updates to it
    std::string architecture;
    std::vector<std::string> components;
    Variant variant = Variant::Default;
    std::vector<std::string> packages; // further ones
    bool rebuild = false;              // do not use a finished tree
};

// The cache's name for a base tree: whatever changes its content changes the name. The part before
// the last '-' names the kind of tree, the rest its state.
[[nodiscard]] std::string base_tree_name(const BaseRequest& request);

// Makes rootfs (an existing empty directory) a copy of the base tree for the request, building the
// tree in the cache first when there is none. log takes what package scripts print.
void provide_base(const BaseRequest& request, Archive& archive,
                  const image::ImageCache& cache, const std::filesystem::path& rootfs,
                  const RunContained& run, image::ProgressSink& progress,
                  const std::filesystem::path& log);

} // namespace lxcpp::debian
