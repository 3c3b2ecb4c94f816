// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/dpkg_database.h"
#include "image/progress.h"
#include "sys/rooted_dir.h"

#include <functional>
#include <span>
#include <vector>

namespace lxcpp::debian {

// Opens a package's verified .deb; called from several threads.
using OpenDeb = std::function<image::DebArchive(const Package&)>;

struct Unpacked {
    std::vector<PackageFiles> files; // in the order of the packages
    // Packages whose files overlap with another one's, by number: dpkg itself has to unpack them,
    // because it knows diversions and Replaces. Normally none.
    std::vector<bool> left_to_dpkg;
};

// The links of a merged /usr: bin -> usr/bin and so on, with their directories.
void make_merged_usr(const sys::RootedDir& root, std::string_view architecture);

// Unpacks the data of all packages into root in parallel. Conffiles are there twice, in place for the
// scripts of other packages, and as NAME.dpkg-new for dpkg.
[[nodiscard]] Unpacked unpack_packages(const sys::RootedDir& root, std::span<const Package* const> packages,
                                       const OpenDeb& open_deb, image::ProgressSink& progress);

} // namespace lxcpp::debian
