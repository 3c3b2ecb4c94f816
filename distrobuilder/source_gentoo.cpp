// SPDX-License-Identifier: Apache-2.0
// Gentoo: a stage 3 archive, and the tree of ebuilds.
#include "distrobuilder/source.h"

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

// The directory of an architecture: those of 32 bits stand below their family's name.
std::string family(const std::string& architecture) {
    if (architecture == "i686" || architecture == "i486") return "x86";
    if (architecture.starts_with("armv")) return "arm";
    if (architecture.starts_with("ppc")) return "ppc";
    if (architecture == "s390x") return "s390";
    return architecture;
}

} // namespace

SourcePlan plan_gentoo(const SourceRequest& request) {
    const std::string kind = request.source.variant.empty() ? "" : "-" + request.source.variant;
    const std::string directory = fmt::format("{}/releases/{}/autobuilds/current-stage3-{}{}", request.base(), family(request.architecture()),
                                              request.architecture(), kind);
    const std::string name = newest_name(request, directory + "/", fmt::format("stage3-{}{}-*.tar.@(xz|bz2)", literal(request.architecture()), literal(kind)));
    const std::string snapshot = request.base() + "/snapshots/portage-latest.tar.xz";
    return {.archives = {{.url = directory + "/" + name,
                          .list_url = directory + "/" + name + ".DIGESTS",
                          .list_digest = Digest::Sha512,
                          .clear_signed = true},
                         {.url = snapshot, .signature_url = snapshot + ".gpgsig", .root = "portage", .target = "var/db/repos/gentoo"}}};
}

} // namespace lxcpp::distro
