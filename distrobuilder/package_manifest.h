// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe.h"
#include "sys/rooted_dir.h"

#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// Which packages a root file system has, by the databases of its package managers. The databases are files of the image: nothing
// that they say is trusted.
namespace lxcpp::distro {

struct InstalledPackage {
    std::string name;
    std::string version; // with epoch and release, as the manager writes it
    std::string architecture = {};
    std::string license = {}; // as the packager wrote it
    std::string supplier = {};
    std::string homepage = {};
    std::string source = {}; // the package that it was built of, where that has another name
    std::string purl_type = {}; // "deb", of https://github.com/package-url/purl-spec; "generic" where it knows none
    std::string epoch = {};     // where a purl wants it apart from the version

    auto operator<=>(const InstalledPackage&) const = default;
};

struct PackageList {
    std::vector<InstalledPackage> packages; // sorted
    std::vector<std::string> notes;         // what could not be read, and why
};

// scratch: an existing directory, for a copy of rpm's database.
[[nodiscard]] PackageList list_packages(const sys::RootedDir& root, const std::filesystem::path& scratch);

// SPDX 2.3 as JSON. distribution: ID of the tree's os-release. Equal lists give equal bytes.
struct ManifestSubject {
    const ImageSection& image;
    std::string distribution;
    std::time_t created = 0;
};
[[nodiscard]] std::string spdx_document(const ManifestSubject& subject, const PackageList& list);

// Of one manager each; nothing when the tree does not have its database.
void list_dpkg(const sys::RootedDir& root, PackageList& list);
void list_opkg(const sys::RootedDir& root, PackageList& list);
void list_apk(const sys::RootedDir& root, PackageList& list);
void list_pacman(const sys::RootedDir& root, PackageList& list);
void list_xbps(const sys::RootedDir& root, PackageList& list);
void list_portage(const sys::RootedDir& root, PackageList& list);
void list_rpm(const sys::RootedDir& root, const std::filesystem::path& scratch, PackageList& list);

// One package of rpm's database: its header, as it is stored there. Throws Error for what is none.
[[nodiscard]] InstalledPackage parse_rpm_header(std::string_view blob);

} // namespace lxcpp::distro
