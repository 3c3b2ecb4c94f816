// SPDX-License-Identifier: Apache-2.0
// NixOS: the root file system that its build farm makes for Incus.
#include "distrobuilder/source.h"

#include <fmt/core.h>

namespace lxcpp::distro {

SourcePlan plan_nixos(const SourceRequest& request) {
    const std::string& release = request.release();
    const std::string project = release == "unstable" ? "trunk-combined" : "release-" + release;
    return {.archives = {{.url = fmt::format("{}/job/nixos/{}/nixos.incusContainerImage.{}-linux/latest/download-by-type/file/squashfs-image",
                                             request.base("https://hydra.nixos.org"), project, request.image.architecture_kernel)}}};
}

} // namespace lxcpp::distro
