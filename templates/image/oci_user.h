// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/rooted_dir.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// As whom the command of an image runs.
struct OciUser {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups; // supplementary ones
    std::string home;                  // empty: nobody says

    bool operator==(const OciUser&) const = default;
};

// "USER", "UID", "USER:GROUP", … or "", which is root, looked up in /etc/passwd and /etc/group of the image, within its
// root. Only a user's name without a group brings the supplementary groups that name the user. Throws Error for a name
// that is not there, and for ids that a container does not have.
[[nodiscard]] OciUser find_oci_user(std::string_view user, const sys::RootedDir& root);

} // namespace lxcpp::image
