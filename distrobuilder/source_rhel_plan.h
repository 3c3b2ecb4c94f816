// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/source.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

// Distributions that are made by their installation images: which image it is, and what is installed from where.
namespace lxcpp::distro {

struct RpmRepository {
    std::string name;
    std::string url;

    bool operator==(const RpmRepository&) const = default;
};

struct RhelPlan {
    SourceArchive image; // an ISO, or a disk image ".raw.xz"
    // Whether somebody signs the image, or the list that it is in. Where nobody does keys can only be those of packages.
    bool signature = false;
    std::string packages;                    // what is installed, with blanks between
    std::string release;                     // for --releasever; empty: none
    std::vector<RpmRepository> repositories; // in use when the image brings no packages
    std::string media;                       // the directory of the image that has packages when BaseOS and its top have none
    std::string raw_repository;              // of a disk image: the one of its own that is used
};

struct RhelRequest {
    SourceRequest source;
    std::function<bool(const std::string& url)> exists; // a file of a server that lists nothing
};

[[nodiscard]] bool is_rhel_source(std::string_view downloader) noexcept;
// source.url is the distribution's mirror, or the image itself (".iso"). Throws Error naming what the recipe lacks or the server has not.
[[nodiscard]] RhelPlan plan_rhel(const RhelRequest& request);

} // namespace lxcpp::distro
