// SPDX-License-Identifier: Apache-2.0
// Slackware: what of its series makes a container. Each package has its signature beside it.
#include "distrobuilder/source_pkgtools.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr const char* kSeries[] = {"a", "ap", "d", "l", "n"};
// By the first word of their names, or the first two.
constexpr std::string_view kWanted[] = {
    "aaa_base", "aaa_elflibs", "aaa_glibc-solibs", "aaa_libraries", "aaa_terminfo", "acl", "attr", "bash", "bin", "bzip2", "ca-certificates", "coreutils",
    "cracklib", "dhcpcd", "dialog", "diffutils", "e2fsprogs", "elogind", "elvis", "etc", "file", "findutils", "gawk", "gettext", "glibc", "glibc-solibs", "gmp",
    "gnupg", "grep", "gzip", "hostname", "inetd", "iproute2", "iputils", "libaio", "libcgroup", "libmnl", "libpsl", "libpwquality", "libseccomp", "libunistring",
    "mpfr", "nano", "ncurses", "network-scripts", "nvi", "openssl", "pam", "patch", "pcre", "pcre2", "perl", "pkgtools", "procps", "sed", "shadow", "slackpkg",
    "sysfsutils", "sysvinit", "sysvinit-scripts", "tar", "time", "tree", "utempter", "util-linux", "wget", "which", "xz"};

// $0 and all packages; MIRROR is put in. What a container has no use for is taken out of the start scripts.
constexpr std::string_view kScript = R"sh(#!/bin/bash
set -eu
sed -i '/^export PATH/d' /build/sbin/installpkg*
for package in "$@"; do
    TERM=dumb bash /build/sbin/installpkg --terse --root /rootfs "$package"
done

edit() { if [ -f "/rootfs/etc/rc.d/$2" ]; then sed -i "$1" "/rootfs/etc/rc.d/$2"; fi; }
edit 's@/bin/dmesg@#&@g' rc.M
edit 's@/sbin/modprobe@echo@g' rc.inet1
edit 's@cd /sys/fs/cgroup;@@g' rc.elogind
edit 's/USE_DHCP\[0\]=""/USE_DHCP[0]="yes"/; s/USE_DHCP6\[0\]=""/USE_DHCP6[0]="yes"/' rc.inet1.conf
[ -e /rootfs/etc/fstab ] || : >/rootfs/etc/fstab
mkdir -p /rootfs/etc/slackpkg
echo 'MIRROR' >/rootfs/etc/slackpkg/mirrors
)sh";

bool is_wanted(const std::string& name) {
    if (!name.ends_with(".txz") && !name.ends_with(".tgz")) return false;
    return std::ranges::find(kWanted, first_word(name)) != std::end(kWanted) || std::ranges::find(kWanted, first_words(name)) != std::end(kWanted);
}

std::string script_for(const std::string& mirror) {
    if (mirror.find_first_of("'\n") != mirror.npos) throw Error("source.url: has a quote or an end of a line in it");
    std::string script(kScript);
    constexpr std::string_view kPlace = "MIRROR";
    return script.replace(script.find(kPlace), kPlace.size(), mirror + "/");
}

} // namespace

PkgtoolsPlan plan_slackware(const SourceRequest& request) {
    const std::string& architecture = request.architecture();
    if (architecture != "x86_64" && architecture != "i586") throw Error(fmt::format("slackware-http: there is no Slackware for {}", printable(architecture)));
    const std::string name = architecture == "x86_64" ? "slackware64" : "slackware";
    const std::string mirror = fmt::format("{}/{}-{}", request.base(), name, request.release());
    PkgtoolsPlan plan{.packages = {}, .tools = "pkgtools", .script = script_for(mirror)};
    for (const char* series : kSeries) {
        const std::string directory = fmt::format("{}/{}/{}/", mirror, name, series);
        for (const std::string& package : listed_packages(request, directory, is_wanted))
            plan.packages.push_back({.url = directory + package, .signature_url = directory + package + ".asc", .package = package_name(package)});
    }
    return plan;
}

std::unique_ptr<RootSource> open_slackware_source(const SourceWork& work) { return open_pkgtools_source(work, plan_slackware); }

} // namespace lxcpp::distro
