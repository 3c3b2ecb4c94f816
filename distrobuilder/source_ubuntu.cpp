// SPDX-License-Identifier: Apache-2.0
// Ubuntu: the base archive of a release.
#include "base/strings.h"
#include "distrobuilder/source.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::distro {

SourcePlan plan_ubuntu(const SourceRequest& request) {
    if (request.image.variant != "default" && request.image.variant != "")
        throw Error(fmt::format("image.variant: {} has no archive of its own; default has", printable(request.image.variant)));
    const std::string directory = fmt::format("{}/releases/{}/release", request.base(), request.release());
    const bool number = request.release().front() >= '0' && request.release().front() <= '9';
    const std::string name = number ? fmt::format("ubuntu-base-{}-base-{}.tar.gz", request.release(), request.architecture())
                                    : newest_name(request, directory + "/", fmt::format("ubuntu-base-+([0-9.])-base-{}.tar.gz", literal(request.architecture())));
    return {.archives = {{.url = directory + "/" + name,
                          .list_url = directory + "/SHA256SUMS",
                          .list_digest = Digest::Sha256,
                          .signature_url = directory + "/SHA256SUMS.gpg"}}};
}

} // namespace lxcpp::distro
