// SPDX-License-Identifier: Apache-2.0
// Void Linux: a root file system; source.variant musl is the one with that C library.
#include "distrobuilder/source.h"

#include <fmt/core.h>

namespace lxcpp::distro {

SourcePlan plan_void(const SourceRequest& request) {
    const std::string kind = request.source.variant.empty() ? "" : "-" + request.source.variant;
    const std::string name = newest_name(request, request.base() + "/", fmt::format("void-{}{}-ROOTFS-+([0-9]).tar.xz", literal(request.architecture()), literal(kind)));
    return {.archives = {{.url = request.base() + "/" + name,
                          .list_url = request.base() + "/sha256sum.txt",
                          .list_digest = Digest::Sha256,
                          .signature_url = request.base() + "/sha256sum.sig"}}};
}

} // namespace lxcpp::distro
