// SPDX-License-Identifier: Apache-2.0
#include "store/image_content.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp {
namespace {

using test::error_of;

ImageContent some_content() {
    const std::string bytes("a\0b\nc:,12:x", 11);
    return {.config = "lxc.arch = x86_64\n", .config_user = bytes, .create_message = "hello\n", .substitute = {"/etc/hostname", bytes},
            .templates = {{.target = "/etc/hosts", .text = bytes, .properties = {{"a", "b"}, {bytes, ""}}, .when = {"create", "start"}, .create_only = true, .uid = 7, .gid = 8, .mode = 0600},
                          {.target = "/x", .text = "", .properties = {}, .when = {}}},
            .documents = {{"manifest.json", "{}"}, {"", bytes}}};
}

std::string refused(const std::string& text) {
    return error_of([&] { (void)parse_image_content(text, "c"); });
}

TEST(ImageContent, SurvivesBeingWrittenWhateverIsInIt) {
    EXPECT_EQ(parse_image_content(format_image_content(some_content()), "c"), some_content());
    EXPECT_EQ(parse_image_content(format_image_content({}), "c"), ImageContent{});
    EXPECT_EQ(parse_image_content("", "c"), ImageContent{});
}

// Cut off anywhere it is refused, or is what was complete until there; never more.
TEST(ImageContent, PartsAreNoWhole) {
    const std::string text = format_image_content(some_content());
    std::size_t accepted = 0;
    for (std::size_t size = 0; size < text.size(); ++size) accepted += refused(text.substr(0, size)).empty() ? 1 : 0;
    EXPECT_EQ(accepted, 23u); // nothing, and after each pair but the last, the digest
}

TEST(ImageContent, NoticesAChangedByte) {
    const std::string text = format_image_content(some_content());
    const std::string changed = "c: it was changed after it was written: its digest is another";
    std::string other = text;
    other.replace(other.find("x86_64"), 6, "x86_65");
    EXPECT_EQ(refused(other), changed);
    other = text;
    other[other.size() - 2] ^= 1; // of the digest
    EXPECT_EQ(refused(other), changed);
    EXPECT_EQ(refused(text + "6:config,1:x,"), changed);
    EXPECT_EQ(refused("6:config,1:x," + text), changed);
}

TEST(ImageContent, RefusesWhatItWouldNotWrite) {
    for (const char* bad : {"x", "1:", "1:a", "1:ab", ":,", "1:a,", "01x:a,", "-1:a,", "18446744073709551615:a,", "18446744073709551616:a,", "99999999999:a,"}) {
        EXPECT_EQ(refused(bad), "c: damaged") << bad;
    }
    EXPECT_EQ(refused("5:mount,1:/,"), "c: unknown key mount");
    EXPECT_EQ(refused("13:template.text,1:x,").substr(0, 3), "c: ");
    EXPECT_EQ(refused("8:template,2:/x,12:template.uid,2:-1,"), "c: a number is expected");
    EXPECT_EQ(refused("8:template,2:/x,12:template.gid,10:4294967296,"), "c: a number is expected");
    EXPECT_EQ(refused("8:template,2:/x,12:template.new,1:x,"), "c: unknown key template.new");
    EXPECT_EQ(refused(std::string((16u << 20) + 1, '1')), "c: larger than 16 MiB");
}

TEST(ImageContent, AModeHasNoMoreThanPermissions) {
    EXPECT_EQ(parse_image_content("8:template,2:/x,13:template.mode,6:104755,", "c").templates.at(0).mode & ~07777u, 0u);
}

} // namespace
} // namespace lxcpp
