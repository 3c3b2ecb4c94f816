// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/package_index.h"
#include "image/deb_archive.h"
#include "sys/rooted_dir.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lxcpp::debian {

// A package's control part, and what unpacking its data found.
struct PackageFiles {
    const Package* package = nullptr;
    std::string info_name; // as its files in var/lib/dpkg/info are called: "dash", "libc6:amd64"
    std::string control;   // the text of its control file
    std::vector<std::pair<std::string, std::string>> scripts; // the other control files by name
    std::vector<std::string> conffiles; // absolute paths
    std::vector<std::string> paths;     // of its members, absolute, in the archive's order

    [[nodiscard]] std::string_view script(std::string_view name) const noexcept; // "" when absent
    [[nodiscard]] bool has(std::string_view name) const noexcept;
};

// Reads the control part. Throws Error when the file is another package than the index said.
[[nodiscard]] PackageFiles read_package_files(const image::DebArchive& deb, const Package& package);

// dpkg's records, written as "dpkg --unpack" leaves them, so that "dpkg --configure" does the rest.
// (dpkg(1), deb-triggers(5), the files of a running system.)

// The empty database.
void create_database(const sys::RootedDir& root);
// info/NAME.list, .conffiles, the scripts.
void write_info(const sys::RootedDir& root, const PackageFiles& files);
// Adds the packages' paragraphs to status as "install ok unpacked", and their trigger interests.
void register_unpacked(const sys::RootedDir& root, std::span<const PackageFiles* const> packages);
// Records that paths in which configured packages declared interest appeared with newcomers.
void activate_file_triggers(const sys::RootedDir& root, std::span<const PackageFiles* const> configured,
                            std::span<const PackageFiles* const> newcomers);

// Throws Error naming the packages that dpkg does not record as installed.
void check_all_installed(const sys::RootedDir& root);

// One paragraph of the status file.
[[nodiscard]] std::string status_paragraph(const PackageFiles& files);

struct TriggerInterest {
    std::string trigger;
    bool await = true; // the activating package waits for the trigger to be processed
};
[[nodiscard]] std::vector<TriggerInterest> parse_trigger_interests(std::string_view text);

} // namespace lxcpp::debian
