// SPDX-License-Identifier: Apache-2.0
// openSUSE: the container images of Leap and Tumbleweed.
#include "distrobuilder/source.h"

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

std::string tumbleweed_directory(const std::string& architecture) {
    if (architecture == "aarch64" || architecture.starts_with("armv")) return "container_ARM";
    if (architecture.starts_with("ppc64")) return "container_PowerPC";
    if (architecture == "s390x") return "container_zSystems";
    return "container";
}

} // namespace

SourcePlan plan_opensuse(const SourceRequest& request) {
    const std::string base = request.base("https://mirrorcache-eu.opensuse.org");
    const std::string& release = request.release();
    const bool rolling = release == "tumbleweed";
    const std::string directory =
        rolling ? fmt::format("{}/repositories/Virtualization:/containers:/images:/openSUSE-Tumbleweed/{}", base, tumbleweed_directory(request.architecture()))
                : fmt::format("{}/distribution/leap/{}/appliances", base, release);
    const std::string name = newest_name(request, directory + "/", fmt::format("opensuse-*-image*.{}*.tar.xz", literal(request.architecture())));
    const std::string url = directory + "/" + name;
    return {.archives = {{.url = url, .list_url = url + ".sha256", .list_digest = Digest::Sha256, .list_of_one = true, .clear_signed = true}}};
}

} // namespace lxcpp::distro
