// SPDX-License-Identifier: Apache-2.0
#include "download/options.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp::download;
using lxcpp::test::error_of;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

Options parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--path=/c/x", "--name=x", "--rootfs=/c/x/rootfs"});
    return parse_options(arguments);
}

std::string refusal(const std::vector<std::string>& arguments) {
    return error_of([&] { return parse(arguments); });
}

} // namespace

TEST(DownloadOptions, LxcsOwn) {
    const auto options = parse({"-d", "alpine", "-r", "edge", "-a", "amd64", "--variant", "cloud", "--server", "h.example", "--no-validate",
                                "--flush-cache", "--mapped-uid", "0", "--mapped-gid", "0"});
    EXPECT_EQ(options.wanted.distribution, "alpine");
    EXPECT_EQ(options.wanted.release, "edge");
    EXPECT_EQ(options.wanted.architecture, "amd64");
    EXPECT_EQ(options.wanted.variant, "cloud");
    EXPECT_EQ(options.server, "h.example");
    EXPECT_TRUE(options.mapped && options.flush_cache && !options.validate);
    EXPECT_FALSE(options.list || options.force_cache || options.allow_rollback || options.quiet);
    EXPECT_EQ(parse({"--dist=alpine"}).wanted.variant, "") << "not given";
}

TEST(DownloadOptions, OneNameForAll) {
    EXPECT_EQ(parse({"-d", "debian/12"}).image, "debian/12");
    EXPECT_EQ(parse({"debian/12/cloud", "-a", "arm64"}).image, "debian/12/cloud");
    const auto options = parse({"images:debian/12/cloud"});
    EXPECT_EQ(options.server, "images");
    EXPECT_EQ(options.image, "debian/12/cloud");
    EXPECT_EQ(parse({"images:jammy", "--server", "images"}).image, "jammy");
    EXPECT_THAT(refusal({"--server", "other", "images:jammy"}), HasSubstr("--server says other"));
    EXPECT_THAT(refusal({"a/b", "c/d"}), HasSubstr("one image is named"));
    EXPECT_THAT(refusal({"images:"}), HasSubstr("one image is named"));
    EXPECT_THAT(refusal({"debian/12", "-r", "13"}), HasSubstr("leave --dist, --release and --variant out"));
}

TEST(DownloadOptions, RefusesWhatIsWrong) {
    EXPECT_THAT(refusal({"--keyserver", "hkp://k.example"}), StartsWith("--keyserver: keys are not fetched from key servers"));
    EXPECT_THAT(refusal({"-r", "../x"}), HasSubstr("this cannot be a name on a server"));
    EXPECT_EQ(refusal({"--what"}), "unknown argument '--what': see --help");
    EXPECT_EQ(refusal({"-r"}), "--release needs a value");
    EXPECT_EQ(refusal({"--list=yes"}), "--list takes no value");
    EXPECT_THAT(refusal({"--keyring", "f", "--no-validate"}), HasSubstr("exclude each other"));
    EXPECT_THAT(refusal({"--flush-cache", "--force-cache"}), HasSubstr("exclude each other"));
    EXPECT_THAT(error_of([] { return parse_options({"-d", "a", "-r", "b"}); }), HasSubstr("use lxcpp-create -t download"));
}

TEST(DownloadOptions, ListAndHelpNeedNoContainer) {
    EXPECT_TRUE(parse_options({"--list", "-d", "debian"}).list);
    EXPECT_TRUE(parse_options({"-h"}).help);
}
