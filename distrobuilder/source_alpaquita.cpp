// SPDX-License-Identifier: Apache-2.0
// Alpaquita: BellSoft's minirootfs; source.variant says which C library.
#include "distrobuilder/source.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::distro {

SourcePlan plan_alpaquita(const SourceRequest& request) {
    const std::string& variant = request.source.variant;
    if (variant.empty()) throw Error("source.variant: musl or glibc is needed");
    const std::string url = fmt::format("{0}/alpaquita/{1}/{2}/releases/{3}/alpaquita-minirootfs-{2}-latest-{1}-{3}.tar.gz",
                                        request.base("https://packages.bell-sw.com"), variant, request.release(), request.architecture());
    return {.archives = {{.url = url, .list_url = url + ".sha512", .list_digest = Digest::Sha512}}};
}

} // namespace lxcpp::distro
