// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_rpmbootstrap.h"

#include "source_fixture.h"

namespace lxcpp::distro {
namespace {

using testing::HasSubstr;

std::string read(const std::string& text, const std::vector<std::string>& keys = {}, bool skip = false) { return verified_repositories(text, keys, skip); }
std::string refusal(const std::string& text) {
    return test::error_of([&] { (void)read(text); });
}

TEST(RpmRepositories, ComeVerified) {
    const std::string https = "[base]\nname = Base\nbaseurl=https://x/\n";
    EXPECT_EQ(read("# comment\n\n" + https), "[base]\nname = Base\nbaseurl=https://x/\n");
    EXPECT_EQ(read(https + "gpgcheck=0\n"), https + "gpgcheck=0\n");
    EXPECT_THAT(refusal("[a]\nmirrorlist=https://x\n[b]\nbaseurl=http://x/\n"), HasSubstr("the packages of [b]"));
    EXPECT_THAT(refusal("[a]\nbaseurl=https://x/\n  http://y/\n"), HasSubstr("the packages of [a]"));
    EXPECT_THAT(refusal("[a]\nbaseurl=https://x/\nsslverify=0\n"), HasSubstr("the packages of [a]"));
    EXPECT_THAT(refusal("[a]\nbaseurl=http://x/\ngpgcheck=1\n"), HasSubstr("the packages of [a]"));
    EXPECT_THAT(refusal("[a]\nbaseurl=http://x/\ngpgcheck=1\ngpgkey=http://x/key\n"), HasSubstr("the packages of [a]"));
    const std::string checked = "[a]\nbaseurl=http://x/\ngpgcheck=1\ngpgkey=https://x/key\n";
    EXPECT_EQ(read(checked), checked);
    EXPECT_EQ(read("[a]\nbaseurl=http://x/\n", {}, true), "[a]\nbaseurl=http://x/\n");
}

TEST(RpmRepositories, TakeTheKeysOfTheRecipe) {
    EXPECT_EQ(read("[main]\ngpgcheck=0\n[a]\nbaseurl=http://x/\ngpgcheck=0\ngpgkey=http://x/key\n http://x/other\n", {"file:///1", "file:///2"}, true),
              "[main]\n[a]\nbaseurl=http://x/\ngpgcheck=1\ngpgkey=file:///1 file:///2\n");
}

TEST(RpmRepositories, AreNoAddress) {
    EXPECT_THAT(refusal("https://example.org/fedora"), HasSubstr("wants the content of a .repo file"));
    EXPECT_THAT(refusal(""), HasSubstr("wants the content of a .repo file"));
    EXPECT_THAT(refusal("[a]\nnonsense\n"), HasSubstr("'nonsense' is no line of a .repo file"));
    EXPECT_THAT(refusal("[a\nx=y\n"), HasSubstr("'[a' is no line"));
}

class UnknownSource : public SourceTest {};

TEST_F(UnknownSource, IsRefusedByName) {
    recipe_.source.downloader = "sabayon-http";
    EXPECT_THAT(build(), HasSubstr("Unknown downloader \"sabayon-http\""));
}

} // namespace
} // namespace lxcpp::distro
