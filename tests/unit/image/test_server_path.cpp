// SPDX-License-Identifier: Apache-2.0
#include "image/server_path.h"

#include <gtest/gtest.h>
#include <string>

namespace lxcpp::image {
namespace {

TEST(ServerPath, AcceptsWhatServersHave) {
    for (const char* path : {"a", "images/debian/trixie/amd64/default/20260101_05:24/rootfs.tar.xz",
                             "server/releases/noble/release-20260101/x_1.0~rc1+b2.squashfs", "a/..b/...", "a/.x"}) {
        EXPECT_EQ(problem_of_server_path(path), std::nullopt) << path;
    }
}

TEST(ServerPath, RefusesWhatLeavesTheServersRoot) {
    EXPECT_EQ(problem_of_server_path(""), "an empty path");
    EXPECT_EQ(problem_of_server_path("/etc/passwd"), "an absolute path");
    EXPECT_EQ(problem_of_server_path("//host/x"), "an absolute path");
    for (const char* path : {"..", "../x", "a/../b", "a/..", "./a", "a/./b", "."})
        EXPECT_EQ(problem_of_server_path(path), "a path that leaves its directory") << path;
    for (const char* path : {"https://host/x", "file:/x", "c:x", ":x"})
        EXPECT_EQ(problem_of_server_path(path), "a path with a scheme") << path;
    for (const char* path : {"a//b", "a/"}) EXPECT_EQ(problem_of_server_path(path), "a path with an empty component") << path;
    for (const char* path : {"a\\..\\b", "%2e%2e/x", "a?b", "a#b", "a b", "a\nb", "a/\xc3\xa9", "a/$x"})
        EXPECT_EQ(problem_of_server_path(path), "a path with characters that need escaping") << path;
    EXPECT_EQ(problem_of_server_path(std::string_view("a\0b", 3)), "a path with characters that need escaping");
    EXPECT_EQ(problem_of_server_path(std::string(1024, 'a')), std::nullopt);
    EXPECT_EQ(problem_of_server_path(std::string(1025, 'a')), "a path that is too long");
}

TEST(ServerPath, KnowsWords) {
    EXPECT_TRUE(is_server_word("20260101_05:24"));
    EXPECT_TRUE(is_server_word(std::string(128, 'a')));
    for (const std::string& word : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                                    std::string("a b"), std::string(129, 'a')}) {
        EXPECT_FALSE(is_server_word(word)) << word;
    }
}

TEST(ServerPath, KnowsASha256) {
    EXPECT_TRUE(is_sha256(std::string(64, 'a')));
    EXPECT_FALSE(is_sha256(std::string(63, 'a')));
    EXPECT_FALSE(is_sha256(std::string(65, 'a')));
    EXPECT_FALSE(is_sha256(std::string(64, 'A')));
    EXPECT_FALSE(is_sha256(std::string(64, 'g')));
    EXPECT_FALSE(is_sha256("../../" + std::string(58, 'a')));
    EXPECT_FALSE(is_sha256(""));
}

} // namespace
} // namespace lxcpp::image
