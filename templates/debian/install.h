// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/contained.h"
#include "debian/unpack_stage.h"
#include "image/progress.h"

#include <filesystem>
#include <span>
#include <string_view>

namespace lxcpp::debian {

struct InstallRequest {
    std::filesystem::path rootfs; // an empty directory
    std::string_view architecture;
    // In order of installation; those before core_count are the essential and required ones with
    // everything they depend on.
    std::span<const Package* const> packages;
    std::size_t core_count = 0;
    std::filesystem::path log;
    bool merged_usr = true; // /bin is a link to usr/bin
};

// Makes rootfs a system on which all packages are installed and configured. The data is unpacked by
// us, all at once; dpkg's database is written as dpkg would have; the packages' scripts run inside a
// container, first those of the core, and each preinst once its pre-dependencies are configured.
// Throws Error with the end of the log when a script fails.
void install_packages(const InstallRequest& request, const OpenDeb& open_deb, const RunContained& run,
                      image::ProgressSink& progress);

} // namespace lxcpp::debian
