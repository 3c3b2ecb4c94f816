// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "config/types.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// User-mode networking of a container that runs, by what is in its runtime directory.
namespace lxcpp {

// Below the runtime directory: the program's socket, and kUserNetEnded once it has ended before the
// container, with why. Everybody may write to it, for the program is no user that owns it, and
// reach it nobody but ours.
inline constexpr const char* kUserNetDirectory = "user-net";
inline constexpr const char* kUserNetEnded = "ended";

enum class UserPublishing {
    None,    // there is no such network
    Changed, // these ports are published now, and no others
    Later,   // the program takes them at the next start only
};
// Throws Error when a port is taken.
UserPublishing change_user_published(const Paths& paths, const std::filesystem::path& runtime,
                                     const std::vector<PublishedPort>& wanted);

} // namespace lxcpp
