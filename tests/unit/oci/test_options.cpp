// SPDX-License-Identifier: Apache-2.0
#include "oci/options.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::oci {
namespace {

using testing::HasSubstr;

std::vector<std::string> with(std::vector<std::string> more) {
    std::vector<std::string> all{"--path=/l/c1", "--name=c1", "--rootfs=/l/c1/rootfs"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}
std::string refusal(const std::vector<std::string>& more) {
    return test::error_of([&] { (void)parse_options(with(more)); });
}

TEST(OciOptions, TakesLxcsOptions) {
    const Options options = parse_options(with({"--mapped-uid", "0", "--mapped-gid=0", "-u", "docker://alpine", "--username", "u",
                                                "--password=p", "--no-cache", "-q"}));
    EXPECT_EQ(options.path, "/l/c1");
    EXPECT_TRUE(options.mapped);
    EXPECT_EQ(options.reference.text(), "docker://docker.io/library/alpine:latest");
    EXPECT_EQ(options.user, "u");
    EXPECT_EQ(options.password, "p");
    EXPECT_TRUE(options.no_cache);
    EXPECT_TRUE(options.quiet);
}

TEST(OciOptions, ThePlatformByEachName) {
    const auto platform = [](const std::string& option) { return parse_options(with({"--url=dir:/x", option})).platform.text(); };
    EXPECT_EQ(platform("--arch=armhf"), "linux/arm/v7");
    EXPECT_EQ(platform("--arch=aarch64"), "linux/arm64");
    EXPECT_EQ(platform("--platform=linux/arm/v6"), "linux/arm/v6");
    EXPECT_EQ(platform("--platform=amd64"), "linux/amd64");
    for (const char* bad : {"--arch=x", "--platform=windows/amd64", "--platform=linux//v7", "--platform=linux/a/b/c", "--platform=linux/a b"})
        EXPECT_NE(refusal({"--url=dir:/x", bad}), "") << bad;
}

TEST(OciOptions, SaysWhatIsWrong) {
    EXPECT_EQ(refusal({}), "--url is missing: say which image, such as docker://alpine or oci:DIRECTORY");
    EXPECT_EQ(refusal({"--url=dir:/x", "--password=p"}), "--password without --username");
    EXPECT_THAT(refusal({"--url=alpine"}), HasSubstr("expected docker://NAME"));
    EXPECT_THAT(refusal({"--mount-helper=x"}), HasSubstr("no helper mounts them"));
    EXPECT_THAT(refusal({"--dhcp"}), HasSubstr("--dhcp: "));
    EXPECT_THAT(test::error_of([] { (void)parse_options({"--url=dir:/x"}); }), HasSubstr("use lxcpp-create -t oci"));
    EXPECT_TRUE(parse_options({"--help"}).help);
}

} // namespace
} // namespace lxcpp::oci
