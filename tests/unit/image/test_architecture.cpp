// SPDX-License-Identifier: Apache-2.0
#include "image/architecture.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

TEST(Architecture, IsFoundByEachOfItsNames) {
    for (const char* name : {"amd64", "x86_64"}) EXPECT_EQ(debian_architecture(name), "amd64") << name;
    for (const char* name : {"arm64", "aarch64", "armv8"}) EXPECT_EQ(debian_architecture(name), "arm64") << name;
    for (const char* name : {"armhf", "armv7l", "armv8l"}) EXPECT_EQ(debian_architecture(name), "armhf") << name;
    for (const char* name : {"i386", "i486", "i586", "i686", "x86"}) EXPECT_EQ(debian_architecture(name), "i386") << name;
    EXPECT_EQ(find_architecture("ppc64el")->machine, "ppc64le");
    EXPECT_EQ(find_architecture("ppc64le")->debian, "ppc64el");
    EXPECT_EQ(find_architecture("s390x")->machine, "s390x");
    EXPECT_EQ(find_architecture("loongarch64")->debian, "loong64");
}

TEST(Architecture, IsNothingForANameThatNobodyHas) {
    EXPECT_EQ(find_architecture("vax"), std::nullopt);
    EXPECT_EQ(find_architecture(""), std::nullopt);
    EXPECT_EQ(debian_architecture("vax"), "vax");
}

TEST(Architecture, IsFoundByItsOciPlatform) {
    const auto debian_name = [](std::string_view architecture, std::string_view variant) {
        const auto found = find_oci_architecture(architecture, variant);
        return found ? std::string(found->debian) : "none";
    };
    EXPECT_EQ(debian_name("amd64", ""), "amd64");
    EXPECT_EQ(debian_name("amd64", "v2"), "amd64");
    EXPECT_EQ(debian_name("arm64", "v8"), "arm64");
    EXPECT_EQ(debian_name("386", ""), "i386");
    EXPECT_EQ(debian_name("arm", ""), "armhf");
    EXPECT_EQ(debian_name("arm", "v7"), "armhf");
    EXPECT_EQ(debian_name("arm", "v8"), "armhf");
    EXPECT_EQ(debian_name("arm", "v6"), "armel");
    EXPECT_EQ(debian_name("arm", "v5"), "armel");
    EXPECT_EQ(debian_name("arm", "v9"), "none");
    EXPECT_EQ(debian_name("ppc64le", ""), "ppc64el");
    EXPECT_EQ(debian_name("x86_64", ""), "none"); // not a name of OCI
}

} // namespace
} // namespace lxcpp::image
