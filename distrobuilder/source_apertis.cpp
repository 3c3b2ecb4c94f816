// SPDX-License-Identifier: Apache-2.0
// Apertis: an "ospack"; source.variant is the kind of build, image.variant the kind of system.
#include "distrobuilder/source.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::distro {

SourcePlan plan_apertis(const SourceRequest& request) {
    const std::string base = request.base();
    if (!base.starts_with("https://") && request.source.sha256.empty())
        throw Error("source.url: nothing is signed there; only https, or source.sha256, says that it is right");
    const std::string directory = fmt::format("{}/{}/{}", base, request.source.variant, request.release());
    std::string exact = newest_name(request, directory + "/", "[0-9]*/");
    exact.pop_back();
    return {.archives = {{.url = fmt::format("{}/{}/{}/{}/ospack_{}-{}-{}_{}.tar.gz", directory, exact, request.architecture(), request.image.variant,
                                             request.release(), request.architecture(), request.image.variant, exact)}}};
}

} // namespace lxcpp::distro
