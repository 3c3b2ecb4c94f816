// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_rhel_install.h"
#include "distrobuilder/source_rhel_plan.h"

#include "support/error_of.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>
#include <map>
#include <set>

namespace lxcpp::distro {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

using Pages = std::map<std::string, std::vector<std::string>>;

struct Asked {
    std::string downloader;
    std::string url;
    std::string release;
    std::string variant = "minimal";
    std::string architecture = "x86_64";
};

RhelPlan plan(const Asked& asked, const Pages& pages, const std::set<std::string>& files = {}) {
    Recipe recipe;
    recipe.source.downloader = asked.downloader;
    recipe.source.url = asked.url;
    recipe.source.variant = asked.variant;
    recipe.image.release = asked.release;
    recipe.image.architecture = asked.architecture;
    recipe.image.architecture_mapped = asked.architecture;
    const FetchText fetch = [&](const std::string& url) {
        const auto page = pages.find(url);
        if (page == pages.end()) throw Error("fetch " + url + ": 404 Not Found");
        std::string html;
        for (const std::string& name : page->second) html += "<a href=\"" + name + "\">" + name + "</a>\n";
        return html;
    };
    return plan_rhel({.source = {recipe.image, recipe.source, fetch}, .exists = [&](const std::string& url) { return files.contains(url); }});
}

TEST(RhelPlan, AlmaLinux) {
    const Pages pages{{"https://x/9/isos/x86_64/",
                       {"AlmaLinux-9.4-x86_64-minimal.iso", "AlmaLinux-9.10-x86_64-minimal.iso", "AlmaLinux-9-latest-x86_64-minimal.iso", "AlmaLinux-9.11-beta-1-x86_64-minimal.iso",
                        "AlmaLinux-9.10-x86_64-boot.iso", "CHECKSUM"}},
                      {"https://x/10/isos/x86_64/", {"AlmaLinux-10.0-beta-1-x86_64-Minimal.iso"}}};
    const RhelPlan nine = plan({"almalinux-http", "https://x/", "9"}, pages);
    EXPECT_EQ(nine.image.url, "https://x/9/isos/x86_64/AlmaLinux-9.10-x86_64-minimal.iso");
    EXPECT_EQ(nine.image.list_url, "https://x/9/isos/x86_64/CHECKSUM");
    EXPECT_TRUE(nine.image.clear_signed && nine.signature);
    EXPECT_THAT(nine.repositories, ElementsAre(RpmRepository{"baseos", "https://x/9/BaseOS/x86_64/os/"}));
    EXPECT_EQ(plan({"almalinux-http", "https://x", "10"}, pages).image.url, "https://x/10/isos/x86_64/AlmaLinux-10.0-beta-1-x86_64-Minimal.iso");
    EXPECT_THAT(error_of([&] { (void)plan({"almalinux-http", "https://x", "9", "dvd"}, pages); }), HasSubstr("almalinux-http: https://x/9/isos/x86_64/: lists nothing that is named like"));
    EXPECT_THAT(error_of([&] { (void)plan({"almalinux-http", "https://x", "9", ""}, pages); }), HasSubstr("source.variant: almalinux-http needs one"));
}

TEST(RhelPlan, RockyLinux) {
    const Pages pages{{"https://x/9/isos/x86_64/", {"Rocky-9.4-x86_64-minimal.iso", "Rocky-9.4-x86_64-boot.iso"}},
                      {"https://x/9.4/isos/x86_64/", {"Rocky-9.4-x86_64-minimal.iso"}},
                      {"https://x/10/isos/x86_64/", {"Rocky-10.0-x86_64-boot.iso"}}};
    const RhelPlan nine = plan({"rockylinux-http", "https://x", "9"}, pages);
    EXPECT_EQ(nine.image.url, "https://x/9/isos/x86_64/Rocky-9.4-x86_64-minimal.iso");
    EXPECT_FALSE(nine.signature);
    EXPECT_EQ(plan({"rockylinux-http", "https://x", "9.4"}, pages).repositories[0].url, "https://x/9.4/BaseOS/x86_64/os/");
    const RhelPlan ten = plan({"rockylinux-http", "https://x", "10", "boot"}, pages);
    EXPECT_TRUE(ten.signature);
    EXPECT_EQ(ten.image.signature_url, "https://x/10/isos/x86_64/CHECKSUM.asc");
}

TEST(RhelPlan, CentOs) {
    const Pages pages{{"https://x/7/isos/x86_64/", {"CentOS-7-x86_64-Minimal-2003.iso", "CentOS-7-x86_64-Minimal-2009.iso"}},
                      {"https://x/8-stream/isos/x86_64/", {"CentOS-Stream-8-x86_64-latest-boot.iso", "CentOS-Stream-8-x86_64-20240603-boot.iso"}},
                      {"https://x/9-stream/BaseOS/x86_64/iso/", {"CentOS-Stream-9-latest-x86_64-boot.iso", "CentOS-Stream-9-20250101.0-x86_64-boot.iso", "CentOS-Stream-9-20250201.0-x86_64-boot.iso"}},
                      {"https://x/7/isos/armhfp/", {"CentOS-Userland-7-armv7hl-RootFS-Minimal-2009-sda.raw.xz"}}};
    const RhelPlan seven = plan({"centos-http", "https://x", "7"}, pages);
    EXPECT_EQ(seven.image.url, "https://x/7/isos/x86_64/CentOS-7-x86_64-Minimal-2009.iso");
    EXPECT_EQ(seven.image.list_url, "https://x/7/isos/x86_64/sha256sum.txt.asc");
    EXPECT_TRUE(seven.signature);
    EXPECT_EQ(seven.packages, "basesystem centos-release yum");
    EXPECT_EQ(plan({"centos-http", "https://x", "8-Stream", "boot"}, pages).image.url, "https://x/8-stream/isos/x86_64/CentOS-Stream-8-x86_64-20240603-boot.iso");
    const RhelPlan nine = plan({"centos-http", "https://x", "9-Stream", "boot"}, pages);
    EXPECT_EQ(nine.image.url, "https://x/9-stream/BaseOS/x86_64/iso/CentOS-Stream-9-20250201.0-x86_64-boot.iso");
    EXPECT_EQ(nine.image.list_url, "https://x/9-stream/BaseOS/x86_64/iso/SHA256SUM");
    EXPECT_EQ(nine.release, "9-stream");
    EXPECT_THAT(nine.repositories, ElementsAre(RpmRepository{"baseos", "https://x/9-stream/BaseOS/x86_64/os/"}, RpmRepository{"appstream", "https://x/9-stream/AppStream/x86_64/os/"}));
    const RhelPlan arm = plan({"centos-http", "https://x", "7", "minimal", "armhfp"}, pages);
    EXPECT_EQ(arm.image.url, "https://x/7/isos/armhfp/CentOS-Userland-7-armv7hl-RootFS-Minimal-2009-sda.raw.xz");
    EXPECT_FALSE(arm.signature);
}

TEST(RhelPlan, SpringdaleAndOpenEuler) {
    const RhelPlan eight = plan({"springdalelinux-http", "https://x", "8"}, {});
    EXPECT_EQ(eight.image.url, "https://x/8/x86_64/os/images/boot.iso");
    EXPECT_EQ(eight.repositories[0].url, "https://x/8/x86_64/os/BaseOS/");
    EXPECT_EQ(plan({"springdalelinux-http", "https://x", "7"}, {}).repositories[0].url, "https://x/7/x86_64/os/");
    const Pages pages{{"https://x/", {"openEuler-22.03-LTS/", "openEuler-22.03-LTS-SP4/", "openEuler-22.03-LTS-SP2/", "openEuler-23.03/"}}};
    const RhelPlan euler = plan({"openeuler-http", "https://x", "22.03"}, pages);
    EXPECT_EQ(euler.image.url, "https://x/openEuler-22.03-LTS-SP4/ISO/x86_64/openEuler-22.03-LTS-SP4-x86_64-dvd.iso");
    EXPECT_EQ(euler.image.list_url, euler.image.url + ".sha256sum");
    EXPECT_EQ(plan({"openeuler-http", "https://x", "22.03-LTS-SP2"}, pages).image.url, "https://x/openEuler-22.03-LTS-SP2/ISO/x86_64/openEuler-22.03-LTS-SP2-x86_64-dvd.iso");
    EXPECT_THAT(error_of([&] { (void)plan({"openeuler-http", "https://x", "22.00"}, pages); }), HasSubstr("lists nothing that is named like"));
}

TEST(RhelPlan, OracleLinux) {
    const Pages pages{{"https://x/OL8/", {"U9/", "u10/", "README"}},
                      {"https://x/OL8/u10/x86_64/", {"x86_64-dvd.iso"}},
                      {"https://x/OL8/U9/x86_64/", {"x86_64-boot.iso", "x86_64-boot-20240101.iso", "x86_64-dvd.iso"}}};
    const RhelPlan eight = plan({"oraclelinux-http", "https://x", "8"}, pages);
    EXPECT_EQ(eight.image.url, "https://x/OL8/U9/x86_64/x86_64-boot-20240101.iso");
    EXPECT_EQ(eight.repositories[0].url, "https://yum.oracle.com/repo/OracleLinux/OL8/baseos/latest/x86_64/");
    // A server that lists nothing.
    const std::string there = "https://y/ISOS/OracleLinux/OL9/u4/x86_64/OracleLinux-R9-U4-x86_64-boot.iso";
    const RhelPlan nine = plan({"oraclelinux-http", "https://y/ISOS/OracleLinux", "9"}, {}, {there});
    EXPECT_EQ(nine.image.url, there);
    EXPECT_EQ(nine.repositories[0].url, "https://y/repo/OracleLinux/OL9/baseos/latest/x86_64/");
    EXPECT_THAT(error_of([&] { (void)plan({"oraclelinux-http", "https://y/ISOS/OracleLinux", "9"}, {}); }), HasSubstr("has no boot image for x86_64"));
}

TEST(RhelPlan, AnImageByItself) {
    const RhelPlan local = plan({"rockylinux-http", "file:///srv/Rocky-9.4-x86_64-minimal.iso", "9"}, {});
    EXPECT_EQ(local.image, (SourceArchive{.url = "file:///srv/Rocky-9.4-x86_64-minimal.iso", .from_anywhere = true}));
    EXPECT_EQ(local.packages, "basesystem rocky-release yum");
    EXPECT_THAT(local.repositories, ElementsAre());
    EXPECT_EQ(local.media, "minimal");
    EXPECT_EQ(plan({"centos-http", "https://x/a.iso", "9-Stream"}, {}).packages, "basesystem centos-release yum centos-stream-repos");
}

// A medium that was verified as a whole needs no more; keys that are declared are looked at for what they sign.
TEST(RhelInstall, WhatIsChecked) {
    const auto checks = [](RpmOrigin origin, bool image_signed, bool declared, bool skip = false) { return rpm_install(origin, image_signed, declared, skip).check; };
    EXPECT_FALSE(checks(RpmOrigin::Medium, true, true));
    EXPECT_TRUE(checks(RpmOrigin::Medium, false, true));
    EXPECT_FALSE(checks(RpmOrigin::Medium, false, false));
    EXPECT_TRUE(checks(RpmOrigin::Server, true, true));
    EXPECT_TRUE(checks(RpmOrigin::Server, true, true, true));
    EXPECT_TRUE(checks(RpmOrigin::Server, false, false));
    EXPECT_FALSE(checks(RpmOrigin::Server, false, false, true));
    EXPECT_TRUE(checks(RpmOrigin::Own, false, false));
}

} // namespace
} // namespace lxcpp::distro
