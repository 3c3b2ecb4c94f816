// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/source_keys.h"
#include "distrobuilder/source_rhel_plan.h"
#include "sys/rooted_dir.h"

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

// Where the packages come from.
enum class RpmOrigin {
    Medium, // the image brought them: /mnt/cdrom
    Server, // the plan's repositories
    Own,    // a repository that the image itself knows
};

// How the tree of an installation image installs. check: signatures of packages are looked at.
struct RpmInstall {
    RpmOrigin origin = RpmOrigin::Server;
    bool check = true;
};

// What is checked: packages of a medium that was verified as a whole need no signatures of their own.
[[nodiscard]] RpmInstall rpm_install(RpmOrigin origin, bool image_signed, bool keys_declared, bool skip_verification);

// Puts keys and a description of the repositories into the tree. Throws Error when signatures are to be checked and there
// are no keys. declared: the keys of the recipe, as they are written; without any, the image's own count.
void prepare_install(const sys::RootedDir& tree, const RhelPlan& plan, const RpmInstall& install, const SourceKeys& declared);

// The script that is run in the tree then, and what it is given; it makes /rootfs.
[[nodiscard]] std::string_view install_script() noexcept;
[[nodiscard]] std::vector<std::string> install_arguments(const RhelPlan& plan, const RpmInstall& install);

} // namespace lxcpp::distro
