// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/sandbox.h"

#include "base/log.h"
#include "sys/mount.h"
#include "sys/overlay.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <sys/mount.h>

namespace lxcpp::distro {

LayeredRoot::LayeredRoot(const std::vector<std::filesystem::path>& lowers, const std::filesystem::path& upper,
                         const std::filesystem::path& work, const std::filesystem::path& at)
    : path_(lowers.empty() ? upper : at) {
    if (lowers.empty()) return;
    if (!upper.empty()) work_ = work;
    // What is left of a mount before would keep this one from coming up.
    if (!upper.empty()) sys::RootedDir::open(work).remove_tree("", true);
    sys::Overlay overlay{.lowers = lowers, .upper = upper, .work = work, .durable = false};
    std::ranges::reverse(overlay.lowers);
    sys::MountTree mount = sys::mount_overlay(overlay);
    mount.set_attributes(MOUNT_ATTR_NODEV | (upper.empty() ? MOUNT_ATTR_RDONLY : 0));
    mount.attach(at);
    mounted_ = true;
}

LayeredRoot::~LayeredRoot() {
    if (!mounted_) return;
    try {
        sys::unmount(path_, true);
        if (!work_.empty()) sys::RootedDir::open(work_).remove_tree("", true);
    } catch (const Error& error) {
        log::warn("{}", error.what());
    }
}

} // namespace lxcpp::distro
