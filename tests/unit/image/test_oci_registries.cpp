// SPDX-License-Identifier: Apache-2.0
#include "image/oci_registries.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

std::vector<RegistryPlace> places_of(std::string_view conf, std::string_view image) {
    return registry_places(parse_registries_conf(conf, "r.conf"), parse_docker_name(image));
}
std::string refusal(std::string_view conf) {
    return test::error_of([&] { (void)parse_registries_conf(conf, "r.conf"); });
}

constexpr std::string_view kConf = R"(
unqualified-search-registries = ["docker.io", 'quay.io'] # not used
short-name-mode = "enforcing"

[[registry]]
prefix = "docker.io"
location = "hub.example:5000/mirrored"
[[registry.mirror]]
location = "one.example"
insecure = true
[[registry.mirror]]
location = "two.example/hub/"
pull-from-mirror = "digest-only"

[[registry]]
location = "local.example:5000"
insecure = true

[[registry]]
prefix = "docker.io/evil"
blocked = true

[[registry]]
prefix = "*.wide.example"
location = "narrow.example"

[aliases]
"alpine" = "docker.io/library/alpine"
)";

TEST(OciRegistries, WithoutARuleAsksTheRegistryItself) {
    const std::vector<RegistryPlace> itself{{.host = "docker.io", .repository = "library/alpine"}};
    EXPECT_EQ(places_of("", "alpine"), itself);
    EXPECT_EQ(places_of("[[registry]]\nprefix = \"docker.io/library/alp\"\nblocked = true\n", "alpine"), itself);
}

TEST(OciRegistries, AsksMirrorsFirstAndRewritesThePrefix) {
    const std::vector<RegistryPlace> by_tag{
        {.host = "one.example", .repository = "library/alpine", .insecure = true, .mirror = true},
        {.host = "hub.example:5000", .repository = "mirrored/library/alpine"}};
    EXPECT_EQ(places_of(kConf, "alpine"), by_tag);
    const auto by_digest = places_of(kConf, "alpine@sha256:" + std::string(64, 'a'));
    ASSERT_EQ(by_digest.size(), 3u);
    EXPECT_EQ(by_digest[1], (RegistryPlace{.host = "two.example", .repository = "hub/library/alpine", .mirror = true}));
}

TEST(OciRegistries, TheLongestPrefixCounts) {
    EXPECT_EQ(test::error_of([] { (void)places_of(kConf, "evil/image"); }),
              "docker.io/evil/image: the administrator blocks docker.io/evil in registries.conf");
    EXPECT_EQ(places_of(kConf, "evilly/image").size(), 2u);
}

TEST(OciRegistries, InsecureIsForTheHostAndPortThatIsNamed) {
    EXPECT_TRUE(places_of(kConf, "local.example:5000/a").front().insecure);
    EXPECT_FALSE(places_of(kConf, "local.example:5001/a").front().insecure);
    EXPECT_FALSE(places_of(kConf, "local.example/a").front().insecure);
    EXPECT_FALSE(places_of(kConf, "localhost:5000/a").front().insecure);
}

TEST(OciRegistries, ADomainMayBeNamedAsAWhole) {
    EXPECT_EQ(places_of(kConf, "a.wide.example/x/y").front(),
              (RegistryPlace{.host = "narrow.example", .repository = "x/y"}));
    EXPECT_EQ(places_of(kConf, "wide.example/x").front().host, "wide.example");
}

TEST(OciRegistries, MirrorsOfARegistryMayBeForDigestsOnly) {
    constexpr std::string_view kOnly = "[[registry]]\nlocation=\"a.example\"\nmirror-by-digest-only = true\n"
                                       "[[registry.mirror]]\nlocation=\"b.example\"\n";
    EXPECT_EQ(places_of(kOnly, "a.example/x").size(), 1u);
    EXPECT_EQ(places_of(kOnly, "a.example/x@sha256:" + std::string(64, '0')).size(), 2u);
}

TEST(OciRegistries, ListsMayTakeSeveralLines) {
    EXPECT_EQ(refusal("credential-helpers = [ # who\n  \"a\", # this\n  'b'\n]\n"), "");
    EXPECT_EQ(refusal("credential-helpers = [\n\"a\"\n"), "r.conf: a list that does not end");
}

TEST(OciRegistries, RefusesWhatItDoesNotUnderstand) {
    EXPECT_EQ(refusal("[registries.insecure]\nregistries = [\"x\"]\n"),
              "r.conf: line 1: [registries.insecure] is not known; [[registry]] and [[registry.mirror]] are (version 2 "
              "of the format)");
    EXPECT_EQ(refusal("insecure = true\n"), "r.conf: line 1: insecure is not known here");
    EXPECT_EQ(refusal("[[registry]]\ninsecure = \"true\"\n"), "r.conf: line 2: expected true or false");
    EXPECT_EQ(refusal("[[registry]]\ninsecure = true x\n"), "r.conf: line 2: something follows the value");
    EXPECT_EQ(refusal("[[registry]]\nlocation = \"a\n"), "r.conf: line 2: a quote that does not end");
    EXPECT_EQ(refusal("[[registry]]\nlocation = a\n"),
              "r.conf: line 2: a value is expected: \"text\", true, false or a list of texts");
    EXPECT_EQ(refusal("[[registry]]\nblocked = true\n"), "r.conf: a registry without prefix and location");
    EXPECT_EQ(refusal("[[registry.mirror]]\n"), "r.conf: line 1: a mirror without a registry");
    EXPECT_EQ(refusal("[[registry]]\nprefix=\"a.b\"\n[[registry.mirror]]\n"), "r.conf: a mirror of a.b without a location");
    EXPECT_NE(refusal("[[registry]]\nlocation = \"https://a.example\"\n"), "");
    EXPECT_NE(refusal("[[registry]]\nlocation = \"user@a.example\"\n"), "");
    EXPECT_NE(refusal("[[registry]]\nlocation = \"a.example/x y\"\n"), "");
    EXPECT_EQ(refusal("nonsense\n"), "r.conf: line 1: \"key = value\" is expected");
}

} // namespace
} // namespace lxcpp::image
