// SPDX-License-Identifier: Apache-2.0
#include "image/oci_alias.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

std::string alias(std::string_view url) { return alias_of(parse_oci_reference(url)); }

TEST(OciAlias, OfARegistryTheLastPartOfItsNameAndTheTag) {
    EXPECT_EQ(alias("docker://alpine"), "alpine:latest");
    EXPECT_EQ(alias("docker://host.example:5000/a/b:v1"), "b:v1");
    EXPECT_EQ(alias("docker://alpine@sha256:" + std::string(64, '0')), "alpine");
}

TEST(OciAlias, OfADirectoryItsNameAndTheTag) {
    EXPECT_EQ(alias("oci:/srv/app:v1"), "app:v1");
    EXPECT_EQ(alias("oci:/srv/app"), "app");
    EXPECT_EQ(alias("oci:/srv/app/:v1"), "app:v1");
    EXPECT_EQ(alias("oci:/srv/x/../app/."), "app");
    EXPECT_EQ(alias("oci:/srv/app:@1"), "app");
    EXPECT_EQ(alias("dir:/srv/a:b"), "a:b");
    EXPECT_EQ(alias("oci:/"), "");
}

TEST(OciAlias, AWholeNameInsteadOfATagCounts) {
    EXPECT_EQ(alias("oci:/srv/app:docker.io/library/alpine:edge"), "alpine:edge");
    EXPECT_EQ(alias("docker-archive:/srv/d.tar:host.example/web:v2"), "web:v2");
}

TEST(OciAlias, OfAnArchiveTheNameOfTheFile) {
    EXPECT_EQ(alias("oci-archive:/srv/app.tar:v1"), "app:v1");
    EXPECT_EQ(alias("docker-archive:/srv/app.v1.tar.gz"), "app.v1");
    EXPECT_EQ(alias("docker-archive:app.tgz"), "app");
    EXPECT_EQ(alias("docker-archive:.tar"), ".tar"); // no alias: is_image_alias()
}

} // namespace
} // namespace lxcpp::image
