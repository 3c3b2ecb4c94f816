// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source.h"

#include "support/error_of.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace lxcpp::distro {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

// Listings by URL, as the mirrors write them.
using Pages = std::map<std::string, std::string>;

std::string listing(const std::vector<std::string>& names) {
    std::string html = "<html><a href=\"../\">Parent</a><a href=\"?C=M\">sort</a>\n";
    for (const std::string& name : names) html += "<a href=\"" + name + "\">" + name + "</a>  01-Jan-2026\n";
    return html;
}

Recipe recipe(const std::string& downloader, const std::string& url, const std::string& release, const std::string& architecture = "x86_64") {
    Recipe made;
    made.source.downloader = downloader;
    made.source.url = url;
    made.image = {.release = release, .variant = "default", .architecture_mapped = architecture, .architecture_kernel = "x86_64"};
    return made;
}

SourcePlan plan(const Recipe& recipe, const Pages& pages = {}) {
    return plan_source(recipe, [&](const std::string& url) {
        const auto page = pages.find(url);
        if (page == pages.end()) throw Error("fetch " + url + ": 404 Not Found");
        return page->second;
    });
}

TEST(SourceListing, FindsNamesHoweverTheyAreWritten) {
    EXPECT_THAT(listed_names("<a href='a.tar.xz'>x</a><A HREF=\"B\"><a href=\"./c/\"><a href=\"/abs\"><a href=\"http://x\"><a href=\"d?x\">"), ElementsAre("a.tar.xz", "c/"));
    EXPECT_THAT(listed_names("<a href=\"unclosed"), ElementsAre());
    EXPECT_TRUE(version_less("3.9", "3.10"));
    EXPECT_FALSE(version_less("3.10", "3.9"));
    EXPECT_TRUE(version_less("a-1", "a-1.1"));
    EXPECT_FALSE(version_less("2024", "2024"));
    EXPECT_TRUE(version_less("009", "10"));
}

TEST(Sources, Alpine) {
    const Pages pages{{"https://x/v3.20/releases/x86_64/",
                       listing({"alpine-minirootfs-3.20.9-x86_64.tar.gz", "alpine-minirootfs-3.20.10-x86_64.tar.gz", "alpine-minirootfs-3.20.11_rc1-x86_64.tar.gz", "alpine-minirootfs-3.20.12-x86.tar.gz"})}};
    const SourcePlan newest = plan(recipe("alpinelinux-http", "https://x/", "3.20"), pages);
    EXPECT_EQ(newest.archives[0].url, "https://x/v3.20/releases/x86_64/alpine-minirootfs-3.20.10-x86_64.tar.gz");
    EXPECT_EQ(newest.archives[0].list_url, newest.archives[0].url + ".sha256");
    EXPECT_EQ(newest.archives[0].signature_url, newest.archives[0].url + ".asc");
    EXPECT_EQ(plan(recipe("alpinelinux-http", "https://x", "3.20.1")).archives[0].url, "https://x/v3.20/releases/x86_64/alpine-minirootfs-3.20.1-x86_64.tar.gz");
    Recipe edge = recipe("alpinelinux-http", "https://x", "edge");
    EXPECT_THAT(error_of([&] { (void)plan(edge); }), HasSubstr("source.same_as: edge needs the release"));
    edge.source.same_as = "3.20";
    EXPECT_EQ(plan(edge, pages).scripts.size(), 1u);
    EXPECT_THAT(error_of([&] { (void)plan(recipe("alpinelinux-http", "https://x", "three")); }), HasSubstr("three: is no release"));
    EXPECT_THAT(error_of([&] { (void)plan(recipe("alpinelinux-http", "https://x", "3.20"), {{"https://x/v3.20/releases/x86_64/", listing({})}}); }), HasSubstr("lists nothing that is named like"));
    EXPECT_THAT(error_of([&] { (void)plan(recipe("alpinelinux-http", "", "3.20")); }), HasSubstr("source.url: alpinelinux-http needs one"));
    EXPECT_THAT(error_of([&] { (void)plan(recipe("alpinelinux-http", "https://x", "")); }), HasSubstr("image.release: alpinelinux-http needs one"));
}

TEST(Sources, OfOneFixedPlace) {
    EXPECT_EQ(plan(recipe("rootfs-http", "https://x/a.tar.xz", "")).archives[0], (SourceArchive{.url = "https://x/a.tar.xz", .from_anywhere = true}));
    Recipe alpaquita = recipe("alpaquita-http", "", "stream");
    EXPECT_THAT(error_of([&] { (void)plan(alpaquita); }), HasSubstr("musl or glibc"));
    alpaquita.source.variant = "musl";
    EXPECT_EQ(plan(alpaquita).archives[0].url, "https://packages.bell-sw.com/alpaquita/musl/stream/releases/x86_64/alpaquita-minirootfs-stream-latest-musl-x86_64.tar.gz");
    EXPECT_EQ(plan(recipe("alt-http", "https://x", "Sisyphus", "armhf")).archives[0].url, "https://x/Sisyphus/cloud/armh/alt-sisyphus-rootfs-systemd-armh.tar.xz");
    EXPECT_EQ(plan(recipe("funtoo-http", "https://x", "1.4", "generic_64")).archives[0].url, "https://x/1.4-release-std/x86-64bit/generic_64/stage3-latest.tar.xz");
    EXPECT_EQ(plan(recipe("nixos-http", "", "unstable")).archives[0].url, "https://hydra.nixos.org/job/nixos/trunk-combined/nixos.incusContainerImage.x86_64-linux/latest/download-by-type/file/squashfs-image");
    EXPECT_EQ(plan(recipe("ubuntu-http", "https://x", "22.04.5", "amd64")).archives[0].url, "https://x/releases/22.04.5/release/ubuntu-base-22.04.5-base-amd64.tar.gz");
}

TEST(Sources, OfTheNewestBuild) {
    const SourcePlan arch = plan(recipe("archlinux-http", "https://x", ""), {{"https://x/", listing({"2024.12.01/", "2025.01.01/", "latest/"})}});
    EXPECT_EQ(arch.archives[0].url, "https://x/2025.01.01/archlinux-bootstrap-2025.01.01-x86_64.tar.zst");
    EXPECT_EQ(arch.archives[0].root, "root.x86_64");
    EXPECT_EQ(plan(recipe("archlinux-http", "https://x", "", "aarch64")).archives[0].url, "https://x/os/ArchLinuxARM-aarch64-latest.tar.gz");
    const SourcePlan gentoo = plan(recipe("gentoo-http", "https://x", "", "amd64"),
                                   {{"https://x/releases/amd64/autobuilds/current-stage3-amd64/", listing({"stage3-amd64-20250101T1.tar.xz", "stage3-amd64-20250201T1.tar.xz", "stage3-amd64-20250201T1.tar.xz.asc"})}});
    EXPECT_EQ(gentoo.archives[0].url, "https://x/releases/amd64/autobuilds/current-stage3-amd64/stage3-amd64-20250201T1.tar.xz");
    EXPECT_TRUE(gentoo.archives[0].clear_signed);
    EXPECT_EQ(gentoo.archives[1].target, "var/db/repos/gentoo");
    const SourcePlan empty = plan(recipe("voidlinux-http", "https://x", ""), {{"https://x/", listing({"void-x86_64-ROOTFS-20250202.tar.xz", "void-x86_64-musl-ROOTFS-20250303.tar.xz"})}});
    EXPECT_EQ(empty.archives[0].url, "https://x/void-x86_64-ROOTFS-20250202.tar.xz");
    EXPECT_EQ(empty.archives[0].signature_url, "https://x/sha256sum.sig");
    const SourcePlan suse = plan(recipe("opensuse-http", "https://x", "15.6"), {{"https://x/distribution/leap/15.6/appliances/", listing({"opensuse-leap-image.x86_64-15.6.0-lxc-Build1.2.tar.xz", "opensuse-leap-image.x86_64-15.6.0-lxc-Build1.10.tar.xz"})}});
    EXPECT_THAT(suse.archives[0].url, HasSubstr("Build1.10"));
    const SourcePlan ubuntu = plan(recipe("ubuntu-http", "https://x", "jammy", "amd64"), {{"https://x/releases/jammy/release/", listing({"ubuntu-base-22.04.4-base-amd64.tar.gz", "ubuntu-base-22.04.5-base-amd64.tar.gz"})}});
    EXPECT_THAT(ubuntu.archives[0].url, HasSubstr("22.04.5"));
}

// What a recipe says is no pattern.
TEST(Sources, ARecipesWordsStandForThemselves) {
    Recipe wild = recipe("voidlinux-http", "https://x", "");
    wild.source.variant = "*";
    EXPECT_THAT(error_of([&] { (void)plan(wild, {{"https://x/", listing({"void-x86_64-musl-ROOTFS-20250303.tar.xz"})}}); }), HasSubstr("lists nothing"));
    EXPECT_THAT(error_of([&] { (void)plan(recipe("debootstrap", "https://x", "sid")); }), HasSubstr("is no archive on a server"));
}

} // namespace
} // namespace lxcpp::distro
