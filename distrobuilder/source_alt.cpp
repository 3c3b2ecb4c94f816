// SPDX-License-Identifier: Apache-2.0
// ALT Linux: a root file system of the cloud images.
#include "distrobuilder/source.h"

#include "base/ascii.h"

#include <fmt/core.h>

namespace lxcpp::distro {

SourcePlan plan_alt(const SourceRequest& request) {
    const std::string architecture = request.architecture() == "armhf" ? "armh" : request.architecture();
    const std::string directory = fmt::format("{}/{}/cloud/{}", request.base(), request.release(), architecture);
    return {.archives = {{.url = fmt::format("{}/alt-{}-rootfs-systemd-{}.tar.xz", directory, ascii_lower(request.release()), architecture),
                          .list_url = directory + "/SHA256SUMS",
                          .list_digest = Digest::Sha256,
                          .signature_url = directory + "/SHA256SUMS.gpg"}}};
}

} // namespace lxcpp::distro
