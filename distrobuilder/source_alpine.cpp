// SPDX-License-Identifier: Apache-2.0
// Alpine: the minirootfs of a release; edge is made of another release, upgraded.
#include "base/strings.h"
#include "distrobuilder/source.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kToEdge = "#!/bin/sh\n"
                                     "set -eu\n"
                                     "sed -i -E 's,/v?[0-9]+\\.[0-9]+/,/edge/,' /etc/apk/repositories\n"
                                     "apk upgrade --update-cache --available\n";

// "3.20" of "3.20.1"; the same for what has two parts.
std::string series(const std::string& release) {
    const auto parts = split(release, '.');
    if (parts.size() < 2) throw Error(fmt::format("{}: is no release; 3.20, 3.20.1 and edge are", printable(release)));
    return fmt::format("{}.{}", parts[0], parts[1]);
}

} // namespace

SourcePlan plan_alpine(const SourceRequest& request) {
    const bool edge = request.release() == "edge";
    const std::string release = edge ? request.source.same_as : request.release();
    if (release.empty()) throw Error("source.same_as: edge needs the release that it is made of");
    const std::string directory = fmt::format("{}/v{}/releases/{}", request.base(), series(release), request.architecture());
    std::string name = fmt::format("alpine-minirootfs-{}-{}.tar.gz", release, request.architecture());
    if (split(release, '.').size() == 2)
        name = newest_name(request, directory + "/", fmt::format("alpine-minirootfs-{}.+([0-9])-{}.tar.gz", literal(release), literal(request.architecture())));
    SourcePlan plan{.archives = {{.url = directory + "/" + name,
                                  .list_url = directory + "/" + name + ".sha256",
                                  .list_digest = Digest::Sha256,
                                  .signature_url = directory + "/" + name + ".asc",
                                  .archive_signed = true}}};
    if (edge) plan.scripts.emplace_back(kToEdge);
    return plan;
}

} // namespace lxcpp::distro
