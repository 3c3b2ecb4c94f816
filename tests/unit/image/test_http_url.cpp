// SPDX-License-Identifier: Apache-2.0
#include "image/http_url.h"

#include "support/error_of.h"


#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp::image;
using lxcpp::test::error_of;
using testing::HasSubstr;

namespace {

std::string refusal(const std::string& from, const std::string& to) {
    return error_of([&] { return accept_redirect(from, to, true); });
}

} // namespace

TEST(HttpUrl, RedirectsNeverLeaveHttps) {
    EXPECT_EQ(refusal("https://h.example/a", "http://user:pw@h.example/b"),
              "redirects from https to http (http://h.example/b)");
    EXPECT_EQ(accept_redirect("http://h.example/a", "https://h.example/b", true),
              "https://h.example/b");
}

TEST(HttpUrl, RedirectsGoToHttpOnly) {
    for (const auto* url : {"file:///etc/passwd", "ftp://h.example/", "gopher://h.example/"})
        EXPECT_THAT(refusal("http://h.example/", url), HasSubstr("URLs are not fetched"));
    EXPECT_THAT(refusal("http://h.example/", ""), HasSubstr("without saying where to"));
    EXPECT_THAT(refusal("http://h.example/", "http://[broken"), HasSubstr("not a valid URL"));
}

TEST(HttpUrl, CredentialsAreForOneOrigin) {
    const auto go = [](const char* to) {
        return accept_redirect("https://u:p@h.example/a", to, true);
    };
    EXPECT_EQ(go("https://h.example/b"), "https://u:p@h.example/b");
    EXPECT_EQ(go("https://other.example/b"), "https://other.example/b");
    EXPECT_EQ(go("https://h.example:444/b"), "https://h.example:444/b");
    EXPECT_EQ(go("https://evil:x@other.example/b"), "https://other.example/b");
}

TEST(HttpUrl, OriginIsSchemeHostAndPort) {
    EXPECT_TRUE(same_origin("http://h.example/a", "http://h.example:80/b"));
    EXPECT_TRUE(same_origin("https://u@h.example/a", "https://h.example/"));
    EXPECT_FALSE(same_origin("http://h.example/", "https://h.example/"));
    EXPECT_FALSE(same_origin("https://h.example/", "https://h.example.evil.example/"));
}

TEST(HttpUrl, FilesHaveShortNames) {
    const std::string digest(64, 'a');
    EXPECT_EQ(file_name("https://h/images/x/rootfs.tar.xz?token=1/2"), "rootfs.tar.xz");
    EXPECT_EQ(file_name("https://h/v2/app/blobs/sha256:" + digest), "aaaaaaaaaaaa");
    EXPECT_EQ(file_name("https://h/" + digest), "aaaaaaaaaaaa");
    EXPECT_EQ(file_name("https://h/a:b"), "a:b");
}

TEST(HttpUrl, AddressesOfServers) {
    const auto server = parse_server_url("https://Images.Example.org:8443/a/b//");
    EXPECT_EQ(server.scheme, "https");
    EXPECT_EQ(server.place, "images.example.org:8443");
    EXPECT_EQ(server.text, "https://images.example.org:8443/a/b");
    EXPECT_EQ(parse_server_url("https://h.example:443").text, "https://h.example");
    EXPECT_EQ(parse_server_url("http://h.example:80/").place, "h.example");
    EXPECT_EQ(parse_server_url("https://[::1]:8443").place, "[::1]:8443");
    for (const auto* url : {"https://user@h.example", "https://u:p@h.example", "https://h.example/?a", "https://h.example/#a"})
        EXPECT_THAT(error_of([&] { return parse_server_url(url).text; }), HasSubstr("has no user, password"));
    EXPECT_THAT(error_of([] { return parse_server_url("ftp://h.example").text; }), HasSubstr("URLs are not fetched"));
}
