// SPDX-License-Identifier: Apache-2.0
#include "image/classic_index.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;

std::string refused(std::string_view text) {
    return error_of([&] { (void)parse_classic_index(text, "index-system"); });
}

TEST(ClassicIndex, ReadsEachLine) {
    const auto offers = parse_classic_index("alpine;3.20;amd64;default;20260101_13:00;/images/alpine/3.20/amd64/default/20260101_13:00/\n"
                                            "\n"
                                            "debian;trixie;aarch64;cloud;20260102_05:24;images/d\r\n",
                                            "index-system");
    ASSERT_EQ(offers.size(), 2u);
    EXPECT_EQ(offers[0].product, "alpine:3.20:amd64:default");
    EXPECT_EQ(offers[0].distribution, "alpine");
    EXPECT_EQ(offers[0].release, "3.20");
    EXPECT_EQ(offers[0].variant, "default");
    ASSERT_EQ(offers[0].versions.size(), 1u);
    EXPECT_EQ(offers[0].versions[0].serial, "20260101_13:00");
    ASSERT_EQ(offers[0].versions[0].files.size(), 2u);
    EXPECT_EQ(offers[0].versions[0].files[0],
              (OfferedFile{.role = FileRole::LxcMetadata, .path = "images/alpine/3.20/amd64/default/20260101_13:00/meta.tar.xz"}));
    EXPECT_EQ(offers[0].versions[0].files[1].path, "images/alpine/3.20/amd64/default/20260101_13:00/rootfs.tar.xz");
    EXPECT_EQ(offers[1].architecture, "arm64");
    EXPECT_EQ(offers[1].versions[0].files[1].path, "images/d/rootfs.tar.xz");
    EXPECT_TRUE(parse_classic_index("", "index-system").empty());
}

TEST(ClassicIndex, CollectsTheBuildsOfAProduct) {
    const auto offers = parse_classic_index("a;1;amd64;default;20260101;x\na;1;amd64;default;20260102;y\na;1;amd64;default;20260101;z\n", "i");
    ASSERT_EQ(offers.size(), 1u);
    ASSERT_EQ(offers[0].versions.size(), 2u);
    EXPECT_EQ(offers[0].versions[0].files[0].path, "x/meta.tar.xz"); // the first of two lines that say the same
    EXPECT_EQ(choose_offer(offers, {.distribution = "a", .release = "1", .architecture = "amd64"}, "s").version->serial, "20260102");
}

TEST(ClassicIndex, RefusesLinesThatAreNone) {
    const std::string good = "a;1;amd64;default;20260101;x\n";
    EXPECT_EQ(refused(good + "a;1;amd64;default;20260101\n"), "index-system: line 2: expected dist;release;arch;variant;build;path");
    EXPECT_EQ(refused(good + "a;1;amd64;default;20260101;x;y\n"), "index-system: line 2: expected dist;release;arch;variant;build;path");
    EXPECT_EQ(refused("<html>not found</html>"), "index-system: line 1: expected dist;release;arch;variant;build;path");
    EXPECT_EQ(refused("a;1;amd64;default;latest;x"), "index-system: line 1: the build \"latest\" has no date");
    EXPECT_EQ(refused("../a;1;amd64;default;20260101;x"), "index-system: line 1: \"../a\" is no name");
    EXPECT_EQ(refused("a;;amd64;default;20260101;x"), "index-system: line 1: \"\" is no name");
    EXPECT_EQ(refused("a;1;..;default;20260101;x"), "index-system: line 1: \"..\" is no name");
    EXPECT_EQ(refused("a;1;amd64;\x1b[2J;20260101;x"), "index-system: line 1: \"\\x1b[2J\" is no name");
}

TEST(ClassicIndex, RefusesPathsThatLeaveTheServer) {
    const std::string start = "a;1;amd64;default;20260101;";
    EXPECT_EQ(refused(start + "/../x/"), "index-system: line 1: a path that leaves its directory");
    EXPECT_EQ(refused(start + "//evil/x/"), "index-system: line 1: an absolute path");
    EXPECT_EQ(refused(start + "https://evil/x/"), "index-system: line 1: a path with a scheme");
    EXPECT_EQ(refused(start + "/x?y/"), "index-system: line 1: a path with characters that need escaping");
    EXPECT_EQ(refused(start + "/x//"), "index-system: line 1: a path with an empty component");
    EXPECT_EQ(refused(start + "/"), "index-system: line 1: an empty path");
    EXPECT_EQ(refused(start), "index-system: line 1: an empty path");
}

TEST(ClassicIndex, RefusesWhatIsTooLarge) {
    EXPECT_EQ(refused(std::string((4u << 20) + 1, '\n')), "index-system: larger than 4194304 bytes");
    EXPECT_EQ(refused(std::string(50'001, '\n')), "index-system: more than 50000 lines");
}

TEST(ClassicIndex, IsLookedForAtTwoPlaces) {
    EXPECT_EQ(classic_index_paths(false), (std::vector<std::string>{"meta/1.0/index-system.7", "meta/1.0/index-system"}));
    EXPECT_EQ(classic_index_paths(true), (std::vector<std::string>{"meta/1.0/index-user.7", "meta/1.0/index-user"}));
}

} // namespace
} // namespace lxcpp::image
