// SPDX-License-Identifier: Apache-2.0
#include "image/oci_digest.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

TEST(OciDigest, IsOfAKnownAlgorithm) {
    const auto digest = parse_oci_digest("sha256:" + std::string(64, 'a'));
    ASSERT_TRUE(digest);
    EXPECT_EQ(digest->algorithm, "sha256");
    EXPECT_EQ(digest->hex, std::string(64, 'a'));
    EXPECT_EQ(digest->text(), "sha256:" + std::string(64, 'a'));
    EXPECT_TRUE(parse_oci_digest("sha512:" + std::string(128, '0')));
}

TEST(OciDigest, IsNothingElse) {
    for (const std::string& text :
         {std::string(), std::string("sha256"), std::string("sha256:"), "sha256:" + std::string(63, 'a'), "sha256:" + std::string(65, 'a'),
          "sha256:" + std::string(64, 'A'), "sha256:" + std::string(64, 'g'), "sha512:" + std::string(64, 'a'),
          "sha256:" + std::string(128, 'a'), "SHA256:" + std::string(64, 'a'), "md5:" + std::string(32, 'a'), "sha256:../" + std::string(61, 'a'),
          "../x:" + std::string(64, 'a'), std::string(64, 'a'), " sha256:" + std::string(64, 'a'), "sha256:" + std::string(64, 'a') + "\n"}) {
        EXPECT_FALSE(parse_oci_digest(text)) << text;
    }
}

} // namespace
} // namespace lxcpp::image
