// SPDX-License-Identifier: Apache-2.0
#include "image/oci_choice.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;

OciDescriptor entry(char c, std::optional<OciPlatform> platform, std::string ref_name = "") {
    return {.digest = {"sha256", std::string(64, c)}, .platform = std::move(platform), .ref_name = std::move(ref_name)};
}

char chosen(const OciIndex& index, const OciPlatform& wanted) { return choose_platform(index, wanted, "IMAGE").digest.hex[0]; }

TEST(OciChoice, TakesTheEntryOfThePlatform) {
    const OciIndex index{{entry('1', OciPlatform{"windows", "amd64", ""}), entry('2', OciPlatform{"linux", "arm64", "v8"}),
                          entry('3', OciPlatform{"linux", "amd64", ""}), entry('4', OciPlatform{"linux", "amd64", ""})}};
    EXPECT_EQ(chosen(index, {"linux", "amd64", ""}), '3');
    EXPECT_EQ(chosen(index, {"linux", "arm64", ""}), '2');
    EXPECT_EQ(chosen(index, {"linux", "arm64", "v8"}), '2');
}

TEST(OciChoice, TakesTheBestVariantThatRuns) {
    const OciIndex arm{{entry('0', OciPlatform{"linux", "arm", ""}), entry('5', OciPlatform{"linux", "arm", "v5"}),
                        entry('6', OciPlatform{"linux", "arm", "v6"}), entry('7', OciPlatform{"linux", "arm", "v7"})}};
    EXPECT_EQ(chosen(arm, {"linux", "arm", "v7"}), '7');
    EXPECT_EQ(chosen(arm, {"linux", "arm", "v8"}), '7');
    EXPECT_EQ(chosen(arm, {"linux", "arm", "v6"}), '6');
    EXPECT_EQ(chosen(arm, {"linux", "arm", "v4"}), '0');
    EXPECT_EQ(chosen(arm, {"linux", "arm", ""}), '7');
    const OciIndex amd64{{entry('3', OciPlatform{"linux", "amd64", "v3"}), entry('0', OciPlatform{"linux", "amd64", ""})}};
    EXPECT_EQ(chosen(amd64, {"linux", "amd64", ""}), '0'); // the processor may not have it
    EXPECT_EQ(chosen(amd64, {"linux", "amd64", "v3"}), '3');
}

TEST(OciChoice, TakesTheOnlyOneThatNamesNone) {
    auto attestation = entry('a', OciPlatform{"linux", "amd64", ""});
    attestation.attestation = true;
    EXPECT_EQ(chosen({{attestation, entry('1', std::nullopt)}}, {"linux", "amd64", ""}), '1');
}

TEST(OciChoice, SaysWhichPlatformsThereAre) {
    auto attestation = entry('a', OciPlatform{"linux", "amd64", ""});
    attestation.attestation = true;
    const OciIndex index{{attestation, entry('1', OciPlatform{"linux", "arm", "v7"}), entry('2', OciPlatform{"linux", "s390x", ""}),
                          entry('3', std::nullopt)}};
    EXPECT_EQ(error_of([&] { (void)chosen(index, {"linux", "amd64", ""}); }),
              "IMAGE: no image for linux/amd64; there is linux/arm/v7, linux/s390x, one that names no platform");
    EXPECT_EQ(error_of([] { (void)chosen({}, {"linux", "amd64", ""}); }), "IMAGE: no image for linux/amd64; there is none");
    EXPECT_EQ(error_of([] { (void)chosen({{entry('1', OciPlatform{"linux", "arm", "v7"})}}, {"linux", "arm", "v6"}); }),
              "IMAGE: no image for linux/arm/v6; there is linux/arm/v7");
}

char named(const OciIndex& index, std::string_view url) { return choose_named(index, parse_oci_reference(url), "LAYOUT").digest.hex[0]; }

TEST(OciChoice, TakesTheImageOfThatName) {
    const OciIndex index{{entry('1', std::nullopt, "one"), entry('2', std::nullopt, "two")}};
    EXPECT_EQ(named(index, "oci:dir:two"), '2');
    EXPECT_EQ(named(index, "oci:dir:@0"), '1');
    EXPECT_EQ(named({{entry('3', std::nullopt)}}, "oci:dir"), '3');
}

TEST(OciChoice, SaysWhichNamesThereAre) {
    const OciIndex index{{entry('1', std::nullopt, "one"), entry('2', std::nullopt)}};
    EXPECT_EQ(error_of([&] { (void)named(index, "oci:dir:two"); }), "LAYOUT: no image two; there is one, one without a name");
    EXPECT_EQ(error_of([&] { (void)named(index, "oci:dir"); }), "LAYOUT: 2 images; say which: one, one without a name");
    EXPECT_EQ(error_of([&] { (void)named(index, "oci:dir:@2"); }), "LAYOUT: no image @2; there are 2");
    EXPECT_EQ(error_of([] { (void)named({}, "oci:dir"); }), "LAYOUT: there is no image");
    EXPECT_EQ(error_of([] { (void)named({}, "oci:dir:x"); }), "LAYOUT: no image x; there is none");
}

} // namespace
} // namespace lxcpp::image
