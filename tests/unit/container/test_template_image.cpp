// SPDX-License-Identifier: Apache-2.0
#include "container/template_image.h"

#include <gmock/gmock.h>

namespace lxcpp {
namespace {

using ::testing::ElementsAre;
using Words = std::vector<std::string>;

std::string found(Words words) {
    const auto path = local_image(words);
    return path ? path->string() : "none";
}

TEST(TemplateImage, IsThePathInTheWords) {
    EXPECT_EQ(found({"--url", "oci:/srv/img:v1"}), "/srv/img");
    EXPECT_EQ(found({"-u", "oci:/srv/img"}), "/srv/img");
    EXPECT_EQ(found({"--quiet", "--url=oci-archive:/srv/a.tar:team/app:v1"}), "/srv/a.tar");
    EXPECT_EQ(found({"--url=docker-archive:/srv//d/./a.tar:@0"}), "/srv/d/a.tar");
    EXPECT_EQ(found({"-u", "dir:/srv/with:colon"}), "/srv/with:colon");
    EXPECT_EQ(found({"-u", "dir:/one", "-u", "dir:/two"}), "/two") << "as the template has it: the last one counts";
}

TEST(TemplateImage, IsNoneOfARegistry) {
    for (const char* word : {"docker://host/oci:v1", "alpine", "oci:", "dir:", "oci-archive::v1", "", "--url=", "xoci:/a"})
        EXPECT_EQ(found({"--url", word}), "none") << word;
    EXPECT_EQ(found({}), "none");
}

TEST(TemplateImage, ARelativePathIsOfOurWorkingDirectory) {
    const auto here = std::filesystem::current_path();
    Words words{"--url=oci:img:v1", "--password", "x"};
    EXPECT_EQ(local_image(words), here / "img");
    EXPECT_THAT(words, ElementsAre("--url=oci:" + (here / "img").string() + ":v1", "--password", "x"));
    words = {"-u", "dir:../flat"};
    EXPECT_EQ(local_image(words), here.parent_path() / "flat");
    EXPECT_THAT(words, ElementsAre("-u", "dir:" + (here.parent_path() / "flat").string()));
}

} // namespace
} // namespace lxcpp
