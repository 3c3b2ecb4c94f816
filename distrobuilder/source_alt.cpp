// SPDX-License-Identifier: Apache-2.0
// ALT Linux: a root file system of the cloud images.
#include "distrobuilder/source.h"

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

} // namespace

SourcePlan plan_alt(const SourceRequest& request) {
    const std::string architecture = request.architecture() == "armhf" ? "armh" : request.architecture();
    const std::string directory = fmt::format("{}/{}/cloud/{}", request.base(), request.release(), architecture);
    return {.archives = {{.url = fmt::format("{}/alt-{}-rootfs-systemd-{}.tar.xz", directory, lower(request.release()), architecture),
                          .list_url = directory + "/SHA256SUMS",
                          .list_digest = Digest::Sha256,
                          .signature_url = directory + "/SHA256SUMS.gpg"}}};
}

} // namespace lxcpp::distro
