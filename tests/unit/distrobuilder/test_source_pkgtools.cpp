// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_pkgtools.h"

#include "source_fixture.h"

namespace lxcpp::distro {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(PackageName, IsWhatStaysOfIt) {
    EXPECT_EQ(package_name("sysvinit-scripts-15.0-noarch-18.txz"), "sysvinit-scripts");
    EXPECT_EQ(package_name("pcre2-10.39-x86_64-1.txz"), "pcre2");
    EXPECT_EQ(package_name("readme.txz"), "readme.txz");
}

// Packages with a signature each.
class SlackwareSignatures : public SourceTest {
protected:
    SlackwareSignatures() : signing_(signer_->make_key("packages", "ed25519", "0", "20200101T000000")) {
        recipe_.image = {.release = "15.0", .architecture_mapped = "x86_64"};
        recipe_.source = {.downloader = "slackware-http", .url = server_.url("/mirror"), .keys = {material(signing_)}};
        for (const char* series : {"a", "ap", "d", "l", "n"}) tree_.put(std::string(kMirror) + series + "/", "");
    }
    void sign(const std::string& file, const std::string& day) {
        tree_.put(kMirror + ("a/" + file), "content of " + file);
        tree_.put(kMirror + ("a/" + file + ".asc"), signer_->sign("--detach-sign", "content of " + file, {"-u", signing_.fingerprint, "--faked-system-time", day + "T000000!"}));
    }
    std::string look(const std::vector<std::string>& files) {
        std::string html;
        for (const std::string& file : files) html += "<a href=\"" + file + "\">\n";
        tree_.put(std::string(kMirror) + "a/", html);
        return test::error_of([&] { source_ = open(); });
    }
    static constexpr const char* kMirror = "mirror/slackware64-15.0/slackware64/";
    image::Signer::Key signing_;
};

TEST_F(SlackwareSignatures, AreRememberedByPackage) {
    sign("aaa_base-15.0-x86_64-3.txz", "20230101");
    sign("acl-2.3-x86_64-1.txz", "20220101");
    sign("pkgtools-15.0-noarch-42.txz", "20240101");
    EXPECT_EQ(look({"aaa_base-15.0-x86_64-3.txz", "pkgtools-15.0-noarch-42.txz"}), "");
    EXPECT_EQ(look({"aaa_base-15.0-x86_64-3.txz", "acl-2.3-x86_64-1.txz", "pkgtools-15.0-noarch-42.txz"}), ""); // one more, in another's place
    EXPECT_EQ(look({"pkgtools-15.0-noarch-42.txz"}), "");
    sign("pkgtools-14.2-noarch-1.txz", "20210101");
    EXPECT_THAT(look({"aaa_base-15.0-x86_64-3.txz", "pkgtools-14.2-noarch-1.txz"}), AllOf(HasSubstr("(pkgtools): it was signed on 2021-01-01"), HasSubstr("was seen there before")));
}

} // namespace
} // namespace lxcpp::distro
