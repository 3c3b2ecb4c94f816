// SPDX-License-Identifier: Apache-2.0
#include "images/container_root.h"

#include "base/strings.h"
#include "config/load.h"
#include "config/overlay_root.h"
#include "sys/overlay.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <utility>

namespace lxcpp::tools::images {
namespace {

std::unique_ptr<sys::RootedDir> open_overlay(const OverlayRoot& root) {
    sys::Overlay overlay{.lowers = {root.upper}, .upper = {}, .work = {}}; // read-only, what was written on top
    overlay.lowers.insert(overlay.lowers.end(), root.lowers.begin(), root.lowers.end());
    return std::make_unique<sys::RootedDir>(sys::mount_overlay(overlay).take(), root.upper);
}

std::unique_ptr<sys::RootedDir> open_root(const Container& container, const Rootfs& rootfs) {
    if (const auto overlay = overlay_root(rootfs)) return open_overlay(*overlay);
    if (rootfs.path.empty() || !is_directory_root(rootfs)) {
        throw Error(fmt::format("{}: its root is '{}:{}': only directories, btrfs subvolumes and overlays can be published",
                                container.name(), printable(rootfs.type), printable(rootfs.path)));
    }
    return std::make_unique<sys::RootedDir>(sys::RootedDir::open(rootfs.path));
}

} // namespace

ContainerRoot::ContainerRoot(const std::string& name, const std::string& lxcpath) : container_(name, lxcpath) {
    if (!container_.is_defined()) throw Error(fmt::format("{}: there is no such container", container_.name()));
    tree_ = open_root(container_, load_config(container_.config_file()).config.rootfs);
    if (container_.state() != State::Running) return; // one that is frozen already stays so
    container_.freeze();
    frozen_ = true;
}

ContainerRoot::~ContainerRoot() {
    if (!frozen_) return;
    try {
        container_.unfreeze();
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): it was stopped meanwhile, or lxcpp-unfreeze says why
    }
}

} // namespace lxcpp::tools::images
