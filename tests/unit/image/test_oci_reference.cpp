// SPDX-License-Identifier: Apache-2.0
#include "image/oci_reference.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string full(std::string_view url) { return parse_oci_reference(url).text(); }
// The problem without the URL before it.
std::string problem(const std::string& url) {
    const auto message = error_of([&] { (void)parse_oci_reference(url); });
    return message.starts_with(url + ": ") ? message.substr(url.size() + 2) : message;
}

TEST(OciReference, PutsDockersDefaultsIn) {
    EXPECT_EQ(full("docker://alpine"), "docker://docker.io/library/alpine:latest");
    EXPECT_EQ(full("docker://alpine:3.20"), "docker://docker.io/library/alpine:3.20");
    EXPECT_EQ(full("docker://user/app"), "docker://docker.io/user/app:latest");
    EXPECT_EQ(full("docker://docker.io/alpine"), "docker://docker.io/library/alpine:latest");
    EXPECT_EQ(full("docker://index.docker.io/alpine"), "docker://docker.io/library/alpine:latest");
    EXPECT_EQ(full("docker://alpine@" + kDigest), "docker://docker.io/library/alpine@" + kDigest);
    EXPECT_EQ(full("docker://alpine:3@" + kDigest), "docker://docker.io/library/alpine:3@" + kDigest);
}

TEST(OciReference, KnowsTheHostOfARegistry) {
    const auto parts = [](std::string_view url) {
        const auto reference = parse_oci_reference(url);
        return reference.host + " " + reference.repository + " " + reference.tag;
    };
    EXPECT_EQ(parts("docker://quay.io/a/b/c:x"), "quay.io a/b/c x");
    EXPECT_EQ(parts("docker://quay.io/busybox"), "quay.io busybox latest"); // library/ is docker.io's alone
    EXPECT_EQ(parts("docker://localhost/a"), "localhost a latest");
    EXPECT_EQ(parts("docker://localhost:5000/a:1"), "localhost:5000 a 1");
    EXPECT_EQ(parts("docker://host:5000/a"), "host:5000 a latest");
    EXPECT_EQ(parts("docker://127.0.0.1:5000/a"), "127.0.0.1:5000 a latest");
    EXPECT_EQ(parts("docker://[::1]:5000/a"), "[::1]:5000 a latest");
    EXPECT_EQ(parts("docker://[fe80::1]/a:1"), "[fe80::1] a 1");
    EXPECT_EQ(parts("docker://HOST/a"), "HOST a latest");
    EXPECT_EQ(parts("docker://host/a"), "docker.io host/a latest");
    EXPECT_EQ(parts("docker://host:5000"), "docker.io library/host 5000"); // a tag, as docker has it
}

TEST(OciReference, KnowsTheNamesOfRepositories) {
    for (const char* name : {"a", "a.b", "a_b", "a__b", "a-b", "a---b", "0/1/2", "a1-b2.c3_d4"})
        EXPECT_EQ(full("docker://q.io/" + std::string(name) + ":t"), "docker://q.io/" + std::string(name) + ":t");
    for (const char* name : {"A", "a..b", "a___b", "a._b", "-a", "a-", ".a", "_a", "a//b", "a/", "/a", "a b", "a/../b", "a%2e", "a?b", "\xc3\xa4"}) {
        EXPECT_EQ(problem("docker://q.io/" + std::string(name) + ":t"),
                  "a repository's name is of small letters and digits, with one of . _ __ - between them") << name;
    }
}

TEST(OciReference, RefusesNamesThatAreNone) {
    EXPECT_EQ(problem("docker://"), "names no image");
    EXPECT_EQ(problem("docker://:tag"), "names no image");
    EXPECT_EQ(problem("docker://@" + kDigest), "names no image");
    EXPECT_EQ(problem("docker://docker.io/"), "names no image");
    EXPECT_EQ(problem("docker://" + std::string(64, 'a')), "is the number of an image, not a name");
    EXPECT_EQ(error_of([] { (void)parse_oci_reference("docker://q.io/" + std::string(251, 'a')); }).substr(255 + 2),
              "the name is longer than 255 characters");
    EXPECT_EQ(problem("docker://q.io/" + std::string(250, 'a')), "");
}

TEST(OciReference, RefusesTagsAndDigestsThatAreNone) {
    EXPECT_EQ(problem("docker://a:" + std::string(128, 't')), "");
    for (const std::string& tag : {std::string(), std::string(".x"), std::string("-x"), std::string("a b"), std::string("a+b"), std::string(129, 't')})
        EXPECT_EQ(problem("docker://a:" + tag), "what stands after the last colon is no tag") << tag;
    for (const std::string& digest : {std::string(), std::string("sha256:../x"), kDigest.substr(1), kDigest + "0", std::string("1")})
        EXPECT_EQ(problem("docker://a@" + digest), "after @ stands the digest of an image, and this is none") << digest;
    // Who writes credentials into the URL is told, and not sent to a host "user".
    EXPECT_EQ(problem("docker://user:secret@host.io/a"), "after @ stands the digest of an image, and this is none");
}

TEST(OciReference, RefusesHostsThatAreNone) {
    for (const char* host : {"-a.b", "a-.b", "a..b", ".a", "a.", "a.b:0", "a.b:65536", "a.b:x", "a.b:", "a.b:123456", "[::1", "[::1]x", "[::1]:", "[:]",
                             "[x::1]", "a_b.c", "a b.c", "::1"}) {
        EXPECT_EQ(problem("docker://" + std::string(host) + "/a"), "the registry's name is no host") << host;
    }
}

TEST(OciReference, ReadsPathsOfLocalImages) {
    EXPECT_EQ(parse_oci_reference("oci:/a/b"), (OciReference{.transport = OciTransport::Layout, .path = "/a/b"}));
    EXPECT_EQ(parse_oci_reference("oci:dir:tag"), (OciReference{.transport = OciTransport::Layout, .tag = "tag", .path = "dir"}));
    EXPECT_EQ(parse_oci_reference("oci:dir:a/b:c").tag, "a/b:c");
    EXPECT_EQ(parse_oci_reference("oci:dir:@1"), (OciReference{.transport = OciTransport::Layout, .path = "dir", .index = 1}));
    EXPECT_EQ(parse_oci_reference("oci-archive:a.tar:tag"),
              (OciReference{.transport = OciTransport::LayoutArchive, .tag = "tag", .path = "a.tar"}));
    EXPECT_EQ(parse_oci_reference("docker-archive:a.tar"), (OciReference{.transport = OciTransport::DockerArchive, .path = "a.tar"}));
    EXPECT_EQ(parse_oci_reference("docker-archive:a.tar:alpine"),
              (OciReference{.transport = OciTransport::DockerArchive, .host = "docker.io", .repository = "library/alpine", .tag = "latest", .path = "a.tar"}));
    EXPECT_EQ(parse_oci_reference("docker-archive:a.tar:@0").index, 0u);
    EXPECT_EQ(parse_oci_reference("dir:/a:b"), (OciReference{.transport = OciTransport::Directory, .path = "/a:b"}));
    for (const char* url : {"oci:/a/b", "oci:dir:tag", "oci:dir:@1", "docker-archive:a.tar:docker.io/library/alpine:latest", "dir:/a:b"})
        EXPECT_EQ(full(url), url);
}

TEST(OciReference, RefusesLocalImagesThatAreNone) {
    for (const char* url : {"oci:", "oci::tag", "oci-archive:", "docker-archive::a", "dir:"}) EXPECT_EQ(problem(url), "the path is missing") << url;
    for (const char* url : {"oci:dir:@", "oci:dir:@x", "oci:dir:@-1", "docker-archive:a:@10000"})
        EXPECT_EQ(problem(url), "after @ stands the place of an image, and this is none") << url;
    for (const char* url : {"oci:dir:", "oci:dir:a b"}) EXPECT_EQ(problem(url), "what stands after the first colon is no name of an image") << url;
    EXPECT_EQ(problem("docker-archive:a:b@" + kDigest), "an archive of docker is not searched by digest");
    EXPECT_EQ(problem("docker-archive:a:B"), "a repository's name is of small letters and digits, with one of . _ __ - between them");
}

TEST(OciReference, RefusesOtherTransports) {
    const std::string expected = "expected docker://NAME, oci:DIR, oci-archive:FILE, docker-archive:FILE or dir:DIR";
    for (const char* url : {"", "https://docker.io/alpine", "DOCKER://alpine", "docker:/alpine", "docker:", "/srv/img"})
        EXPECT_EQ(problem(url), expected) << url;
    EXPECT_EQ(problem("alpine"), expected + "; is it docker://docker.io/library/alpine:latest?");
    EXPECT_EQ(problem("docker:alpine:3"), expected + "; is it docker://docker.io/library/alpine:3?");
    EXPECT_EQ(problem("host:5000/app"), expected + "; is it docker://host:5000/app:latest?");
    for (const char* url : {"docker-daemon:alpine:latest", "containers-storage:alpine"})
        EXPECT_EQ(problem(url), "the stores of docker and podman are not read; use a registry or an archive");
    EXPECT_TRUE(error_of([] { (void)parse_oci_reference(std::string("oci:a\0b", 7)); }).ends_with(": has a NUL character"));
    EXPECT_TRUE(error_of([] { (void)parse_oci_reference("oci:" + std::string(4096, 'a')); }).ends_with(": longer than 4096 characters"));
    EXPECT_EQ(error_of([] { (void)parse_oci_reference("\x1b[2J"); }).find('\x1b'), std::string::npos);
}

TEST(OciReference, ReadsNamesWithoutATransport) {
    EXPECT_EQ(parse_docker_name("alpine").text(), "docker://docker.io/library/alpine:latest");
    EXPECT_EQ(error_of([] { (void)parse_docker_name("Alpine"); }),
              "Alpine: a repository's name is of small letters and digits, with one of . _ __ - between them");
}

TEST(OciReference, KnowsWhoAnswersForDockerHub) {
    EXPECT_EQ(registry_endpoint("docker.io"), "registry-1.docker.io");
    EXPECT_EQ(registry_endpoint("localhost:5000"), "localhost:5000");
}

} // namespace
} // namespace lxcpp::image
