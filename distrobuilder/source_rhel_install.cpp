// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_rhel_install.h"

#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <dirent.h>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr auto kKeys = "etc/pki/rpm-gpg";
constexpr auto kRepositories = "etc/yum.repos.d/lxcpp.repo";
constexpr std::size_t kLargestKey = 1u << 20;

// $1 release, $2 packages, $3 which repositories, $4 whether signatures are checked, $5 whether all comes from the medium
// or over TLS.
constexpr std::string_view kScript = R"sh(#!/bin/sh
set -eu
release=$1 packages=$2 repositories=$3 check=$4 trusted=$5

[ -e /etc/mtab ] || ln -sf /proc/self/mounts /etc/mtab
[ -e /etc/fstab ] || : >/etc/fstab

have() { command -v "$1" >/dev/null 2>&1; }
fail() { echo "$*" >&2; exit 1; }

# The package of a medium: all in one directory, or by first letters.
package() {
    for file in /mnt/cdrom/Packages/"$1"-[0-9]*.rpm /mnt/cdrom/Packages/"$2/$1"-[0-9]*.rpm; do
        if [ -e "$file" ]; then echo "$file"; return; fi
    done
    fail "the image has neither dnf nor yum, and no package $1"
}

# Images before release 8 bring a program that installs, but as packages.
if ! have dnf && ! have yum; then
    have rpm || fail "the image has neither dnf nor yum nor rpm"
    for name in rpm yum; do
        file=$(package "$name" "${name%"${name#?}"}")
        rpm --install --nodeps --force "$file"
    done
fi
tool=yum
if have dnf; then tool=dnf; fi

set -- -y "--disablerepo=*"
for name in $repositories; do set -- "$@" "--enablerepo=$name"; done
if [ -n "$release" ]; then set -- "$@" "--releasever=$release"; fi
if [ -e /etc/yum/pluginconf.d/fastestmirror.conf ]; then set -- "$@" --disableplugin=fastestmirror; fi
if [ "$check" = 0 ]; then set -- "$@" --nogpgcheck; fi

# What checks signatures of packages is a program of the package rpm, which the newest images lack.
if [ "$check" = 1 ] && ! have rpmkeys; then
    [ "$trusted" = 1 ] || fail "the image has no rpmkeys, and the packages come neither over https nor with the image"
    echo "the image has no rpmkeys: the package rpm is installed unchecked, all others are checked by it"
    "$tool" "$@" --nogpgcheck install rpm
    have rpmkeys || fail "there is no rpmkeys to check signatures with"
fi

# Scripts of packages want these two.
mkdir -p /rootfs/dev /rootfs/proc
mount --bind /dev /rootfs/dev 2>/dev/null || :
mount --bind /proc /rootfs/proc 2>/dev/null || :

# shellcheck disable=SC2086 # packages is a list
"$tool" "$@" --installroot=/rootfs --skip-broken install $packages

umount /rootfs/proc 2>/dev/null || :
umount /rootfs/dev 2>/dev/null || :
rm -rf /rootfs/var/cache/yum /rootfs/var/cache/dnf
)sh";

bool has_directory(const sys::RootedDir& tree, const char* path) {
    const auto info = tree.stat(path, sys::Links::InRoot);
    return info && S_ISDIR(info->st_mode);
}

std::vector<std::string> own_keys(const sys::RootedDir& tree) {
    std::vector<std::string> names;
    if (!has_directory(tree, kKeys)) return names;
    for (const auto& entry : tree.list(kKeys, sys::Links::InRoot)) {
        const bool usable = entry.type == DT_REG || entry.type == DT_LNK;
        if (usable && entry.name.find_first_of(" \t\n,") == std::string::npos) names.push_back(entry.name);
    }
    std::ranges::sort(names);
    return names;
}

std::vector<std::string> put_keys(const sys::RootedDir& tree, const SourceKeys& declared) {
    std::vector<std::string> names;
    for (const auto& keyring : declared.keyrings()) {
        names.push_back(fmt::format("RPM-GPG-KEY-recipe-{}", names.size() + 1));
        tree.write_file(fmt::format("{}/{}", kKeys, names.back()), sys::read_file(keyring, kLargestKey), 0644, sys::Links::InRoot);
    }
    return names;
}

std::string repository(const RpmRepository& one, const std::string& keys) {
    return fmt::format("[lxcpp-{0}]\nname={0}\nbaseurl={1}\nenabled=0\n{2}", one.name, one.url,
                       keys.empty() ? "gpgcheck=0\n" : fmt::format("gpgcheck=1\ngpgkey={}\n", keys));
}

std::vector<RpmRepository> used_repositories(const RhelPlan& plan, const RpmInstall& install) {
    if (install.origin == RpmOrigin::Medium) return {{"cdrom", "file:///mnt/cdrom"}};
    return plan.repositories;
}

} // namespace

RpmInstall rpm_install(RpmOrigin origin, bool image_signed, bool keys_declared, bool skip_verification) {
    if (origin == RpmOrigin::Own) return {origin, true}; // as its repository says
    if (keys_declared) return {origin, origin == RpmOrigin::Server || !image_signed};
    return {origin, origin == RpmOrigin::Server && !skip_verification};
}

void prepare_install(const sys::RootedDir& tree, const RhelPlan& plan, const RpmInstall& install, const SourceKeys& declared) {
    if (install.origin == RpmOrigin::Own) return;
    tree.make_dirs("etc/yum.repos.d", 0755, sys::Links::InRoot);
    tree.make_dirs(kKeys, 0755, sys::Links::InRoot);
    std::string keys;
    if (install.check) {
        for (const std::string& name : declared.declared() ? put_keys(tree, declared) : own_keys(tree))
            keys += fmt::format("{}file:///{}/{}", keys.empty() ? "" : " ", kKeys, name);
        if (keys.empty())
            throw Error("the image brings no keys for the packages (/etc/pki/rpm-gpg): put those of the distribution into source.keys");
    }
    std::string text;
    const auto repositories = used_repositories(plan, install);
    if (repositories.empty()) throw Error("the image brings no packages, and source.url names no mirror but the image");
    for (const RpmRepository& one : repositories) {
        if (one.url.find_first_of("\r\n") != std::string::npos) throw Error("source.url: has an end of a line in it");
        text += repository(one, keys);
    }
    tree.write_file(kRepositories, text, 0644, sys::Links::InRoot);
}

std::string_view install_script() noexcept { return kScript; }

std::vector<std::string> install_arguments(const RhelPlan& plan, const RpmInstall& install) {
    std::string names = install.origin == RpmOrigin::Own ? plan.raw_repository : "";
    bool trusted = install.origin != RpmOrigin::Own;
    if (install.origin != RpmOrigin::Own) {
        for (const RpmRepository& one : used_repositories(plan, install)) {
            names += fmt::format("{}lxcpp-{}", names.empty() ? "" : " ", one.name);
            trusted = trusted && (one.url.starts_with("https://") || one.url.starts_with("file://"));
        }
    }
    return {plan.release, plan.packages, names, install.check ? "1" : "0", trusted ? "1" : "0"};
}

} // namespace lxcpp::distro
