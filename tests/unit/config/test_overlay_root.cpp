// SPDX-License-Identifier: Apache-2.0
#include "config/overlay_root.h"

#include "config_test.h"

#include <gmock/gmock.h>

using namespace lxcpp;
using namespace lxcpp::test;
using testing::HasSubstr;

namespace {

OverlayRoot root_of(std::string_view value) {
    return overlay_root(parse("lxc.rootfs.path = " + std::string(value) + "\n").rootfs).value();
}

std::string refusal(std::string_view value) {
    return parse_error("lxc.rootfs.path = " + std::string(value) + "\n");
}

} // namespace

TEST(OverlayRoot, TheLastPathIsTheUpperOne) {
    EXPECT_EQ(root_of("overlay:/a:/b/c"), (OverlayRoot{{"/a"}, "/b/c"}));
    EXPECT_EQ(root_of("overlayfs:/top:/mid:/low:/c/delta"), (OverlayRoot{{"/top", "/mid", "/low"}, "/c/delta"}));
    EXPECT_EQ(root_of("overlay:/a//b/:/c/./d/"), (OverlayRoot{{"/a/b"}, "/c/d"}));
    EXPECT_EQ(format_overlay_root({{"/a", "/b"}, "/c/d"}), "/a:/b:/c/d");
}

TEST(OverlayRoot, OtherTypesHaveNone) {
    EXPECT_EQ(overlay_root({.type = "dir", .path = "/a:/b"}), std::nullopt);
    EXPECT_EQ(overlay_root({}), std::nullopt);
    EXPECT_EQ(own_root_directory({.type = "dir", .path = "/a"}), "/a");
    EXPECT_EQ(own_root_directory({.type = "overlay", .path = "/a:/c/b"}), "/c/b");
    EXPECT_EQ(own_root_directory({}), "");
}

TEST(OverlayRoot, RefusesWhatIsNoStackByKey) {
    EXPECT_THAT(refusal("overlay:/a"), HasSubstr("test.conf:1: lxc.rootfs.path: \"/a\" has no UPPER, expected overlay:LOWER"));
    EXPECT_THAT(refusal("overlay:/a::/b/c"), HasSubstr("\"\" is not an absolute path"));
    EXPECT_THAT(refusal("overlay:/a:b/c"), HasSubstr("\"b/c\" is not an absolute path"));
    EXPECT_THAT(refusal("overlay:a:/b/c"), HasSubstr("\"a\" is not an absolute path"));
    EXPECT_THAT(refusal("overlay:/a/../b:/c/d"), HasSubstr("has \"..\" in it"));
    EXPECT_THAT(refusal("overlay:/:/c/d"), HasSubstr("is the host's root"));
    EXPECT_THAT(refusal("overlay:/a:/c/work"), HasSubstr("overlayfs' own directory"));
}

TEST(OverlayRoot, RefusesLayersThatContainEachOther) {
    EXPECT_THAT(refusal("overlay:/a:/a/b"), HasSubstr("/a/b lies in /a"));
    EXPECT_THAT(refusal("overlay:/a/b:/a:/c/d"), HasSubstr("/a/b lies in /a"));
    EXPECT_THAT(refusal("overlay:/c/d/e:/c/d"), HasSubstr("/c/d/e lies in /c/d"));
    EXPECT_THAT(refusal("overlay:/a:/a/:/c/d"), HasSubstr("/a is named twice"));
    EXPECT_EQ(root_of("overlay:/ab:/a/b").upper, "/a/b");
}

TEST(OverlayRoot, TakesAsManyLayersAsOverlayfs) {
    std::string value = "overlay:";
    for (int i = 0; i < 500; ++i) value += "/l/" + std::to_string(i) + ":";
    EXPECT_EQ(root_of(value + "/c/d").lowers.size(), 500u);
    EXPECT_THAT(refusal(value + "/l/501:/c/d"), HasSubstr("more than 500 lower directories"));
}
