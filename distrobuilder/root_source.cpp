// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/root_source.h"

#include "base/strings.h"
#include "distrobuilder/source.h"
#include "distrobuilder/source_archive.h"
#include "distrobuilder/source_busybox.h"
#include "distrobuilder/source_debootstrap.h"
#include "distrobuilder/source_fedora.h"
#include "distrobuilder/source_oci.h"
#include "distrobuilder/source_openwrt.h"
#include "distrobuilder/source_pkgtools.h"
#include "distrobuilder/source_rhel.h"
#include "distrobuilder/source_rpmbootstrap.h"
#include "distrobuilder/source_vyos.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <string_view>

namespace lxcpp::distro {
namespace {

struct SourceKind {
    std::string_view downloader;
    std::unique_ptr<RootSource> (*open)(const SourceWork&);
};

// A name that recipes may have and that means nothing, as in distrobuilder.
std::unique_ptr<RootSource> refuse_unknown(const SourceWork& work) {
    throw Error(fmt::format("source.downloader: Unknown downloader \"{}\": distrobuilder knows the name, but has no such source either", work.recipe.source.downloader));
}

// How the source of a downloader is had; those that are an archive on a server are in the table of source.cpp.
constexpr std::array kKinds{
    SourceKind{"almalinux-http", open_rhel_source},
    SourceKind{"busybox", open_busybox_source},
    SourceKind{"centos-http", open_rhel_source},
    SourceKind{"debootstrap", open_debootstrap_source},
    SourceKind{"docker-http", open_docker_source},
    SourceKind{"fedora-http", open_fedora_source},
    SourceKind{"openeuler-http", open_rhel_source},
    SourceKind{"openwrt-http", open_openwrt_source},
    SourceKind{"oraclelinux-http", open_rhel_source},
    SourceKind{"plamolinux-http", open_plamo_source},
    SourceKind{"rockylinux-http", open_rhel_source},
    SourceKind{"rpmbootstrap", open_rpmbootstrap_source},
    SourceKind{"sabayon-http", refuse_unknown},
    SourceKind{"slackware-http", open_slackware_source},
    SourceKind{"springdalelinux-http", open_rhel_source},
    SourceKind{"vyos-http", open_vyos_source},
};

const SourceKind* find_kind(std::string_view downloader) noexcept {
    const auto row = std::ranges::find(kKinds, downloader, &SourceKind::downloader);
    return row == kKinds.end() ? nullptr : row;
}

} // namespace

std::unique_ptr<RootSource> open_source(const SourceWork& work) {
    const std::string& downloader = work.recipe.source.downloader;
    const SourceKind* kind = find_kind(downloader);
    if (kind != nullptr) return kind->open(work);
    if (is_archive_source(downloader)) return open_archive_source(work);
    throw Error(fmt::format("source.downloader: {} is not offered", printable(downloader)));
}

} // namespace lxcpp::distro
