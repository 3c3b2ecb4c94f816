// SPDX-License-Identifier: Apache-2.0
// Plamo Linux: its base series but what is for machines. Nothing of it is signed.
#include "distrobuilder/source_pkgtools.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kForMachines[] = {"alsa_utils", "cpufreqd", "cpufrequtils", "gpm", "grub", "kernel", "kmod", "kmscon", "lilo", "linux_firmware",
                                             "linux_firmwares", "microcode_ctl", "ntp"};
constexpr std::uint64_t kNewTools = 7; // the release since which pkgtools8 installs

// The tools stand where they look for each other, but ldconfig is the machine's.
constexpr std::string_view kScript = R"sh(#!/bin/bash
set -eu
cd /build/sbin
if [ -d installer_new ]; then
    rm -rf installer
    mv installer_new installer
fi
for name in installpkg installpkg2 installpkg2.mes makepkg updatepkg removepkg; do
    if [ -f "new_$name" ]; then mv "new_$name" "$name"; fi
done
if [ -d installer ]; then
    for zstd in installer/zstd-*; do
        if [ -e "$zstd" ]; then ln -sf "${zstd##*/}" installer/zstd; fi
    done
fi
sed -i '/ldconfig/!s@/sbin@/build&@g; /^export PATH/d' installpkg*
export PATH="$PATH:/build/sbin:/build/sbin/installer"
for package in "$@"; do
    bash /build/sbin/installpkg -root /rootfs -priority ADD "$package"
done
)sh";

bool is_wanted(const std::string& name) {
    if (!name.ends_with(".txz") && !name.ends_with(".tzst")) return false;
    return std::ranges::find(kForMachines, first_word(name)) == std::end(kForMachines);
}

} // namespace

PkgtoolsPlan plan_plamo(const SourceRequest& request) {
    std::string release = request.release();
    if (release.ends_with(".x")) release.resize(release.size() - 2);
    const auto number = parse_u64(release);
    if (!number) throw Error(fmt::format("image.release: plamolinux-http needs one like 7.x, not '{}'", printable(request.release())));
    std::vector<std::string> series{"00_base"};
    if (*number < kNewTools) series.emplace_back("01_minimum");
    PkgtoolsPlan plan{.packages = {}, .tools = *number < kNewTools ? "hdsetup" : "pkgtools8", .script = std::string(kScript)};
    for (const std::string& one : series) {
        const std::string directory = fmt::format("{}/Plamo-{}.x/{}/plamo/{}/", request.base(), release, request.architecture(), one);
        for (const std::string& package : listed_packages(request, directory, is_wanted)) plan.packages.push_back({.url = directory + package});
    }
    return plan;
}

std::unique_ptr<RootSource> open_plamo_source(const SourceWork& work) { return open_pkgtools_source(work, plan_plamo); }

} // namespace lxcpp::distro
