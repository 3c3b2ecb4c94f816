// SPDX-License-Identifier: Apache-2.0
// Funtoo: a stage 3 archive.
#include "distrobuilder/source.h"

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

std::string family(const std::string& architecture) {
    if (architecture == "generic_32") return "x86-32bit";
    if (architecture == "armv7a_vfpv3_hardfp") return "arm-32bit";
    if (architecture == "arm64_generic") return "arm-64bit";
    return "x86-64bit";
}

} // namespace

SourcePlan plan_funtoo(const SourceRequest& request) {
    const std::string release = request.release() == "1.4" ? "1.4-release-std" : request.release();
    const std::string url = fmt::format("{}/{}/{}/{}/stage3-latest.tar.xz", request.base(), release, family(request.architecture()), request.architecture());
    return {.archives = {{.url = url, .signature_url = url + ".gpg"}}};
}

} // namespace lxcpp::distro
