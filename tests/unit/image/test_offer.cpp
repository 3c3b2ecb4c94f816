// SPDX-License-Identifier: Apache-2.0
#include "image/offer.h"

#include "support/error_of.h"

#include <array>
#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;

constexpr std::string_view kServer = "images.example";

OfferedVersion build(std::string serial) {
    OfferedVersion version{.serial = std::move(serial), .files = {}};
    version.files.push_back({.role = FileRole::LxcMetadata, .path = "a/meta.tar.xz"});
    version.files.push_back({.role = FileRole::RootTar, .path = "a/rootfs.tar.xz"});
    return version;
}

Offer offer(std::string distribution, std::string release, std::string architecture, std::string variant,
            std::vector<OfferedVersion> versions) {
    Offer made;
    made.distribution = std::move(distribution);
    made.release = std::move(release);
    made.architecture = std::move(architecture);
    made.variant = std::move(variant);
    made.versions = std::move(versions);
    return made;
}

std::vector<Offer> offers() {
    std::vector<Offer> all{
        offer("debian", "trixie", "amd64", "default", {build("20260101_05:24"), build("20260110_05:24"), build("20260109_23:59")}),
        offer("debian", "trixie", "arm64", "default", {build("20260101_05:24")}),
        offer("debian", "trixie", "amd64", "cloud", {build("20260102_05:24")}),
        offer("debian", "bookworm", "amd64", "default", {build("20260103_05:24")}),
        offer("Alpine", "3.20", "amd64", "default", {build("20260104_13:00")}),
    };
    for (std::size_t i = 0; i < 3; ++i) all[i].release_names = {"13"};
    return all;
}

OfferRequest request(std::string distribution, std::string release, std::string architecture = "amd64",
                     std::string variant = "default") {
    return {.distribution = std::move(distribution), .release = std::move(release), .variant = std::move(variant),
            .architecture = std::move(architecture)};
}

std::string chosen(const OfferRequest& wanted) {
    const auto all = offers();
    const Choice choice = choose_offer(all, wanted, kServer);
    return choice.offer->release + " " + choice.offer->architecture + " " + choice.offer->variant + " " + choice.version->serial;
}

std::string refused(const OfferRequest& wanted) {
    return error_of([&] { (void)choose_offer(offers(), wanted, kServer); });
}

TEST(Offer, ChoosesTheNewestBuild) { EXPECT_EQ(chosen(request("debian", "trixie")), "trixie amd64 default 20260110_05:24"); }

TEST(Offer, ChoosesTheBuildThatIsNamed) {
    auto wanted = request("debian", "trixie");
    wanted.serial = "20260101_05:24";
    EXPECT_EQ(chosen(wanted), "trixie amd64 default 20260101_05:24");
    wanted.serial = "20260102_05:24";
    EXPECT_EQ(refused(wanted), "images.example: debian trixie amd64 default has no build 20260102_05:24 (did you mean "
                               "20260101_05:24?); it has 20260101_05:24, 20260110_05:24, 20260109_23:59");
}

TEST(Offer, KnowsOtherNamesForTheSame) {
    EXPECT_EQ(chosen(request("Debian", "TRIXIE")), "trixie amd64 default 20260110_05:24");
    EXPECT_EQ(chosen(request("debian", "13")), "trixie amd64 default 20260110_05:24");
    EXPECT_EQ(chosen(request("debian", "trixie", "x86_64")), "trixie amd64 default 20260110_05:24");
    EXPECT_EQ(chosen(request("debian", "trixie", "aarch64")), "trixie arm64 default 20260101_05:24");
    EXPECT_EQ(chosen(request("debian", "trixie", "amd64", "cloud")), "trixie amd64 cloud 20260102_05:24");
    EXPECT_EQ(chosen(request("alpine", "3.20")), "3.20 amd64 default 20260104_13:00");
}

TEST(Offer, PrefersTheReleaseWithTheNameItself) {
    auto all = offers();
    all.push_back(offer("debian", "13", "amd64", "default", {build("20200101_00:00")}));
    EXPECT_EQ(choose_offer(all, request("debian", "13"), kServer).offer->release, "13");
}

TEST(Offer, SaysWhatThereIsAndWhatMayBeMeant) {
    EXPECT_EQ(refused(request("debain", "trixie")),
              "images.example has no distribution debain (did you mean debian?); it has Alpine, debian");
    EXPECT_EQ(refused(request("gentoo", "current")), "images.example has no distribution gentoo; it has Alpine, debian");
    EXPECT_EQ(refused(request("debian", "trixi")),
              "images.example: debian has no release trixi (did you mean trixie?); it has bookworm, trixie");
    EXPECT_EQ(refused(request("debian", "trixie", "riscv64")),
              "images.example: debian trixie has no architecture riscv64; it has amd64, arm64");
    EXPECT_EQ(refused(request("debian", "bookworm", "amd64", "cloud")),
              "images.example: debian bookworm amd64 has no variant cloud; it has default");
}

TEST(Offer, SaysThatThereIsNothing) {
    EXPECT_EQ(error_of([] { (void)choose_offer({}, request("a", "b"), kServer); }), "images.example offers no image");
    const std::vector<Offer> empty{offer("a", "b", "amd64", "default", {})};
    EXPECT_EQ(error_of([&] { (void)choose_offer(empty, request("a", "b"), kServer); }),
              "images.example: a b amd64 default has no build to offer");
}

TEST(Offer, KeepsMessagesShortAndHarmless) {
    std::vector<Offer> many;
    for (int i = 100; i < 200; ++i) many.push_back(offer("d" + std::to_string(i), "r", "amd64", "default", {}));
    const auto message = error_of([&] { (void)choose_offer(many, request("\x1b[2J", "r"), kServer); });
    EXPECT_EQ(message.find('\x1b'), std::string::npos);
    EXPECT_TRUE(message.ends_with("d138, d139 and 60 more")) << message;
}

TEST(Offer, ReadsTheNameOfAnImage) {
    EXPECT_EQ(parse_image_name("debian/12", "amd64"), request("debian", "12"));
    EXPECT_EQ(parse_image_name("debian/12/cloud", "amd64"), request("debian", "12", "amd64", "cloud"));
    EXPECT_EQ(parse_image_name("debian/12/arm64", "amd64"), request("debian", "12", "arm64"));
    EXPECT_EQ(parse_image_name("debian/12/cloud/arm64", "amd64"), request("debian", "12", "arm64", "cloud"));
    for (const char* name : {"", "debian", "debian/", "/12", "a/b/c/d/e", "a/..", "a b/c"}) {
        EXPECT_EQ(error_of([&] { (void)parse_image_name(name, "amd64"); }),
                  std::string(name) + ": an image is named DISTRIBUTION/RELEASE[/VARIANT][/ARCHITECTURE]");
    }
}

TEST(Offer, KnowsASerial) {
    for (const char* serial : {"20260101", "20260101_05:24", "20240229.1", "20260101T0524"}) EXPECT_TRUE(is_serial(serial)) << serial;
    for (const char* serial : {"", "2026", "20260230", "20261301", "20250229", "2026010a", "-2026010", "20260101/..", "latest00"})
        EXPECT_FALSE(is_serial(serial)) << serial;
}

TEST(Offer, OrdersSerialsByTheirNumbers) {
    EXPECT_TRUE(serial_before("20260101_05:24", "20260101_05:25"));
    EXPECT_TRUE(serial_before("20260101.9", "20260101.10"));
    EXPECT_TRUE(serial_before("20260101", "20260101.1"));
    EXPECT_TRUE(serial_before("20251231_23:59", "20260101"));
    EXPECT_TRUE(serial_before("1.99999999999999999999", "1.100000000000000000000"));
    EXPECT_FALSE(serial_before("20260101", "20260101"));
    EXPECT_FALSE(serial_before("0020260101", "20260101"));
    EXPECT_FALSE(serial_before("", ""));
}

OfferedVersion files(std::initializer_list<FileRole> roles) {
    OfferedVersion version{.serial = "20260101", .files = {}};
    for (const FileRole role : roles) version.files.push_back({.role = role, .path = std::string(role_name(role)), .sha256 = "own"});
    for (OfferedFile& file : version.files) {
        file.combined_tar = "tar";
        file.combined_squashfs = "squashfs";
    }
    return version;
}

TEST(Offer, ChoosesThePreferredRootThatHasItsMetadata) {
    constexpr std::array kPreferred = {FileRole::RootSquashfs, FileRole::RootTar, FileRole::Combined};
    const auto both = files({FileRole::LxdMetadata, FileRole::IncusMetadata, FileRole::RootTar, FileRole::RootSquashfs});
    const FileChoice choice = choose_files(both, kPreferred);
    EXPECT_EQ(choice.metadata->role, FileRole::IncusMetadata);
    EXPECT_EQ(choice.root->role, FileRole::RootSquashfs);
    EXPECT_EQ(choice.fingerprint, "squashfs");
    constexpr std::array kTarOnly = {FileRole::RootTar};
    EXPECT_EQ(choose_files(both, kTarOnly).fingerprint, "tar");
    const auto combined = files({FileRole::Combined, FileRole::RootTar});
    EXPECT_EQ(choose_files(combined, kPreferred).root->role, FileRole::Combined);
    EXPECT_EQ(choose_files(combined, kPreferred).fingerprint, "own");
}

TEST(Offer, SaysThatABuildHasNoUsableFiles) {
    constexpr std::array kTarOnly = {FileRole::RootTar};
    EXPECT_EQ(error_of([&] { (void)choose_files(files({FileRole::RootTar}), kTarOnly); }),
              "build 20260101 has no pair of metadata and root file system that we can use; it has rootfs.tar.xz");
    EXPECT_EQ(error_of([&] { (void)choose_files(files({FileRole::IncusMetadata, FileRole::RootSquashfs}), kTarOnly); }),
              "build 20260101 has no pair of metadata and root file system that we can use; it has incus.tar.xz, rootfs.squashfs");
    EXPECT_EQ(error_of([&] { (void)choose_files({.serial = "20260101", .files = {}}, kTarOnly); }),
              "build 20260101 has no pair of metadata and root file system that we can use; it has nothing");
}

} // namespace
} // namespace lxcpp::image
