// SPDX-License-Identifier: Apache-2.0
// Arch Linux: the bootstrap archive; Arch Linux ARM and the RISC-V port have one file each.
#include "distrobuilder/source.h"

#include <fmt/core.h>

namespace lxcpp::distro {

SourcePlan plan_arch(const SourceRequest& request) {
    const std::string& architecture = request.architecture();
    std::string url;
    std::string root;
    if (architecture == "x86_64") {
        std::string release = request.image.release;
        if (release.empty()) {
            release = newest_name(request, request.base() + "/", "20[0-9][0-9].[0-9][0-9].[0-9][0-9]/");
            release.pop_back();
        }
        url = fmt::format("{}/{}/archlinux-bootstrap-{}-x86_64.tar.zst", request.base(), release, release);
        root = "root.x86_64";
    } else if (architecture == "riscv64") {
        url = request.base() + "/images/archriscv-latest.tar.zst";
    } else {
        url = fmt::format("{}/os/ArchLinuxARM-{}-latest.tar.gz", request.base(), architecture);
    }
    return {.archives = {{.url = url, .signature_url = url + ".sig", .root = root}}};
}

} // namespace lxcpp::distro
