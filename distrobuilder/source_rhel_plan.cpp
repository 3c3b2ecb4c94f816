// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_rhel_plan.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/strings.h"
#include "distrobuilder/source_rhel_names.h"
#include "image/http_url.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

RhelPlan plan_alma(const RhelRequest& request) {
    const auto& source = request.source;
    const std::string below = fmt::format("{}/{}", source.base(), ascii_lower(source.release()));
    const std::string directory = fmt::format("{}/isos/{}/", below, source.architecture());
    const auto image = directory + newest_of(source, directory, alma_patterns(source));
    const bool old = source.architecture() == "armhfp";
    return {.image = {.url = image,
                      .list_url = directory + (old ? "sha256sum.txt" : "CHECKSUM"),
                      .list_digest = Digest::Sha256,
                      .clear_signed = !old},
            .signature = !old,
            .release = major_release(source.release()),
            .repositories = {{"baseos", fmt::format("{}/BaseOS/{}/os/", below, source.architecture())}},
            .media = source.source.variant,
            .raw_repository = "base"};
}

// The lists of 8 and 9 are not signed; that of 10 has its signature beside it.
RhelPlan plan_rocky(const RhelRequest& request) {
    const auto& source = request.source;
    const std::string below = fmt::format("{}/{}", source.base(), ascii_lower(source.release()));
    const std::string directory = fmt::format("{}/isos/{}/", below, source.architecture());
    const std::string major = major_release(source.release());
    const bool is_signed = major != "8" && major != "9";
    return {.image = {.url = directory + newest_of(source, directory, rocky_patterns(source)),
                      .list_url = directory + "CHECKSUM",
                      .list_digest = Digest::Sha256,
                      .signature_url = is_signed ? directory + "CHECKSUM.asc" : ""},
            .signature = is_signed,
            .release = source.release(),
            .repositories = {{"baseos", fmt::format("{}/BaseOS/{}/os/", below, source.architecture())}},
            .media = source.source.variant};
}

std::string centos_list(const SourceRequest& source) {
    const std::string& release = source.release();
    if (source.architecture() == "armhfp") return "sha256sum.txt";
    if (release.starts_with("9") || release.starts_with("10")) return "SHA256SUM";
    return release.starts_with("8") ? "CHECKSUM" : "sha256sum.txt.asc";
}

RhelPlan plan_centos(const RhelRequest& request) {
    const auto& source = request.source;
    const bool stream = source.release().ends_with("-Stream");
    const std::string release = ascii_lower(source.release());
    const std::string below = fmt::format("{}/{}", source.base(), release);
    const std::string directory = stream && stream_number(source.release()) >= 9 ? fmt::format("{}/BaseOS/{}/iso/", below, source.architecture())
                                                                                 : fmt::format("{}/isos/{}/", below, source.architecture());
    const std::string list = centos_list(source);
    RhelPlan plan{.image = {.url = directory + newest_of(source, directory, centos_patterns(source)),
                            .list_url = directory + list,
                            .list_digest = Digest::Sha256,
                            .clear_signed = list.ends_with(".asc")},
                  .signature = list.ends_with(".asc"),
                  .release = stream ? release : major_release(release),
                  .repositories = {},
                  .media = source.source.variant,
                  .raw_repository = major_release(release) == "7" ? "base" : "BaseOS"};
    if (!stream) plan.repositories = {{"base", fmt::format("{}/os/{}/", below, source.architecture())}};
    else plan.repositories = {{"baseos", fmt::format("{}/BaseOS/{}/os/", below, source.architecture())},
                              {"appstream", fmt::format("{}/AppStream/{}/os/", below, source.architecture())}};
    return plan;
}

RhelPlan plan_springdale(const RhelRequest& request) {
    const auto& source = request.source;
    const std::string os = fmt::format("{}/{}/{}/os", source.base(), ascii_lower(source.release()), source.architecture());
    RhelPlan plan{.image = {.url = os + "/images/boot.iso"}, .release = source.release()};
    if (major_release(source.release()) == "7") plan.repositories = {{"core", os + "/"}};
    else plan.repositories = {{"baseos", os + "/BaseOS/"}, {"updates", fmt::format("{}/updates/{}/BaseOS/{}/", source.base(), source.release(), source.architecture())}};
    return plan;
}

// The newest service pack, unless the release names one.
RhelPlan plan_openeuler(const RhelRequest& request) {
    const auto& source = request.source;
    const std::string listing = source.base() + "/";
    std::string release = newest_of(source, listing, {fmt::format("openEuler-{}?(-LTS)?(-SP[0-9])/", literal(source.release()))});
    release.pop_back();
    const std::string& architecture = source.image.architecture;
    const std::string url = fmt::format("{}{}/ISO/{}/{}-{}-dvd.iso", listing, release, architecture, release, architecture);
    return {.image = {.url = url, .list_url = url + ".sha256sum", .list_digest = Digest::Sha256, .list_of_one = true}};
}

// Some servers have no listings: then the updates are tried.
std::string oracle_image(const RhelRequest& request, const std::string& below) {
    const auto& source = request.source;
    const std::string& architecture = source.architecture();
    const std::string pattern = architecture == "aarch64" ? "*aarch64-@(boot-uek|dvd)?(-+([0-9])).iso" : fmt::format("*{}-boot?(-+([0-9])).iso", literal(architecture));
    for (const std::string& update : oracle_updates(source, below)) {
        const std::string directory = fmt::format("{}/{}/{}/", below, update, architecture);
        const auto name = newest_of_listing(source, directory, pattern);
        if (name) return directory + *name;
    }
    for (int update = 10; update >= 0; --update) {
        const std::string directory = fmt::format("{}/u{}/{}/", below, update, architecture);
        for (const std::string& name : oracle_names(source, update))
            if (request.exists(directory + name)) return directory + name;
    }
    throw Error(fmt::format("{}/: has no boot image for {}", below, printable(architecture)));
}

RhelPlan plan_oracle(const RhelRequest& request) {
    const auto& source = request.source;
    const std::string base = source.base();
    const std::string& release = source.release();
    const auto isos = base.find("/ISOS/");
    const std::string origin = isos == base.npos ? "https://yum.oracle.com" : base.substr(0, isos);
    const std::string path = release == "7" ? "latest" : "baseos/latest";
    return {.image = {.url = oracle_image(request, fmt::format("{}/OL{}", base, release))},
            .release = release,
            .repositories = {{"latest", fmt::format("{}/repo/OracleLinux/OL{}/{}/{}/", origin, release, path, source.architecture())}}};
}

struct RhelRow {
    std::string_view downloader;
    RhelPlan (*plan)(const RhelRequest&);
    std::string_view packages;
};

constexpr std::array kRows{
    RhelRow{"almalinux-http", plan_alma, "basesystem almalinux-release yum"},
    RhelRow{"centos-http", plan_centos, "basesystem centos-release yum"},
    RhelRow{"openeuler-http", plan_openeuler, "basesystem openEuler-release yum"},
    RhelRow{"oraclelinux-http", plan_oracle, "basesystem oraclelinux-release yum"},
    RhelRow{"rockylinux-http", plan_rocky, "basesystem rocky-release yum"},
    RhelRow{"springdalelinux-http", plan_springdale, "basesystem springdale-release yum"},
};

// An image by itself, of a file or a server of no layout that we know.
RhelPlan plan_image(const SourceRequest& request) {
    return {.image = {.url = request.source.url, .from_anywhere = true}, .release = request.image.release, .media = request.source.variant};
}

} // namespace

RhelPlan plan_rhel(const RhelRequest& request) {
    const auto* row = std::ranges::find(kRows, request.source.source.downloader, &RhelRow::downloader);
    if (row == kRows.end()) throw Error(fmt::format("source.downloader: {} has no installation image", printable(request.source.source.downloader)));
    const bool is_image = request.source.source.url.ends_with(".iso");
    RhelPlan plan = with_context(row->downloader, [&] { return is_image ? plan_image(request.source) : row->plan(request); });
    plan.packages = row->packages;
    if (request.source.image.release.ends_with("-Stream")) plan.packages += " centos-stream-repos";
    return plan;
}

bool is_rhel_source(std::string_view downloader) noexcept { return std::ranges::find(kRows, downloader, &RhelRow::downloader) != kRows.end(); }

} // namespace lxcpp::distro
