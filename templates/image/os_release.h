// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/rooted_dir.h"

#include <string>

namespace lxcpp::image {

// What a root file system says that it is, in os-release(5); empty: nothing.
struct OsRelease {
    std::string id;      // "debian"
    std::string version; // VERSION_ID: "12"
    std::string release; // its code name, or else the version: "bookworm"
    std::string name;    // for people: "Debian GNU/Linux 12 (bookworm)"

    bool operator==(const OsRelease&) const = default;
};

// /etc/os-release, or else /usr/lib/os-release; links are followed within the root.
[[nodiscard]] OsRelease read_os_release(const sys::RootedDir& root);

} // namespace lxcpp::image
