// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/root_source.h"
#include "distrobuilder/source.h"

#include <memory>
#include <string>
#include <vector>

// Distributions whose packages are archives that a script of theirs, installpkg, unpacks.
namespace lxcpp::distro {

struct PkgtoolsPlan {
    std::vector<SourceArchive> packages; // in the order in which they are installed
    std::string tools;                   // the one whose sbin/ has installpkg: "pkgtools"
    // Run in a sandbox of this machine's programs: sbin/ of tools is in /build/sbin, the packages are given as paths, and /rootfs
    // becomes the root file system.
    std::string script;
};

using PlanPkgtools = PkgtoolsPlan (*)(const SourceRequest& request);

[[nodiscard]] std::unique_ptr<RootSource> open_pkgtools_source(const SourceWork& work, PlanPkgtools plan);

// "sysvinit-scripts-15.0-noarch-1.txz": the part of a package's name before its first '-', and before its second.
[[nodiscard]] std::string first_word(std::string_view name);
[[nodiscard]] std::string first_words(std::string_view name);
// "sysvinit-scripts" of it: all before version, architecture and build.
[[nodiscard]] std::string package_name(std::string_view file);

// The names of a listing that wanted() takes, in its order, each once.
[[nodiscard]] std::vector<std::string> listed_packages(const SourceRequest& request, const std::string& url, bool (*wanted)(const std::string& name));

// --- the two that there are ---

[[nodiscard]] PkgtoolsPlan plan_slackware(const SourceRequest& request);
[[nodiscard]] PkgtoolsPlan plan_plamo(const SourceRequest& request);
[[nodiscard]] std::unique_ptr<RootSource> open_slackware_source(const SourceWork& work);
[[nodiscard]] std::unique_ptr<RootSource> open_plamo_source(const SourceWork& work);

} // namespace lxcpp::distro
