// SPDX-License-Identifier: Apache-2.0
#include "image/oci_auth.h"

#include "support/error_of.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using namespace std::chrono_literals;
using test::error_of;

std::string refused(std::string_view header) {
    return error_of([&] { (void)parse_challenges(header); });
}

TEST(AuthChallenge, IsReadAsRegistriesSendIt) {
    const auto challenges = parse_challenges(R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push")");
    ASSERT_EQ(challenges.size(), 1u);
    EXPECT_EQ(challenges[0].scheme, "bearer");
    EXPECT_EQ(challenges[0].parameters.size(), 3u);
    EXPECT_EQ(challenges[0].parameters.at("realm"), "https://auth.docker.io/token");
    EXPECT_EQ(challenges[0].parameters.at("scope"), "repository:a/b:pull,push");
}

TEST(AuthChallenge, MayStandWithOthers) {
    const auto challenges = parse_challenges(R"(, Negotiate , NTLM TlRM+/==,BEARER Realm = "a\"b\\c, Basic x=y" ,, x=1, Basic realm=w,Other)");
    ASSERT_EQ(challenges.size(), 5u);
    EXPECT_EQ(challenges[0], (AuthChallenge{"negotiate", {}, ""}));
    EXPECT_EQ(challenges[1], (AuthChallenge{"ntlm", {}, "TlRM+/=="}));
    EXPECT_EQ(challenges[2], (AuthChallenge{"bearer", {{"realm", "a\"b\\c, Basic x=y"}, {"x", "1"}}, ""}));
    EXPECT_EQ(challenges[3], (AuthChallenge{"basic", {{"realm", "w"}}, ""}));
    EXPECT_EQ(challenges[4], (AuthChallenge{"other", {}, ""}));
    EXPECT_EQ(find_challenge(challenges, "basic"), &challenges[3]);
    EXPECT_EQ(find_challenge(challenges, "digest"), nullptr);
}

TEST(AuthChallenge, MayHaveNoValueInAQuote) {
    EXPECT_EQ(parse_challenges("Basic realm=\"\"").at(0).parameters.at("realm"), "");
    EXPECT_EQ(parse_challenges("Basic realm=\"a\tb\xc3\xa4\"").at(0).parameters.at("realm"), "a\tb\xc3\xa4");
}

TEST(AuthChallenge, RefusesWhatIsNone) {
    for (const char* header : {"", "   ", ",, ,"}) EXPECT_EQ(refused(header), "WWW-Authenticate: no challenge") << header;
    EXPECT_EQ(refused("=x"), "WWW-Authenticate: expected the name of a scheme");
    EXPECT_EQ(refused("\"Basic\""), "WWW-Authenticate: expected the name of a scheme");
    EXPECT_EQ(refused("Basic, ;"), "WWW-Authenticate: expected the name of a scheme");
    EXPECT_EQ(refused("Basic a b"), "WWW-Authenticate: expected a comma");
    EXPECT_EQ(refused("Basic realm=\"a\" x=b"), "WWW-Authenticate: expected a comma");
    EXPECT_EQ(refused("Basic/realm"), "WWW-Authenticate: expected a comma");
    EXPECT_EQ(refused("Basic a=b, realm=;"), "WWW-Authenticate: a parameter without a value");
    EXPECT_EQ(refused("Basic a=b, c="), "WWW-Authenticate: a parameter without a value");
    for (const char* open : {"Basic realm=\"", "Basic realm=\"a", "Basic realm=\"a\\", "Basic realm=\"a\\\""})
        EXPECT_EQ(refused(open), "WWW-Authenticate: a quote that does not end") << open;
    EXPECT_EQ(refused("Basic realm=\"a\nb\""), "WWW-Authenticate: a control character");
    EXPECT_EQ(refused("Basic realm=\"a\\\nb\""), "WWW-Authenticate: a control character");
    EXPECT_EQ(refused("Basic realm=\"a\x7f\""), "WWW-Authenticate: a control character");
    EXPECT_EQ(refused("Bearer realm=a, REALM=b"), "WWW-Authenticate: realm stands there twice");
}

TEST(AuthChallenge, RefusesTooMuch) {
    EXPECT_EQ(refused(std::string((16u << 10) + 1, 'a')), "WWW-Authenticate: too long");
    EXPECT_EQ(refused(std::string(16u << 10, 'a')), "");
    std::string many = "s";
    for (int i = 1; i < 16; ++i) many += ",s";
    EXPECT_EQ(refused(many), "");
    EXPECT_EQ(refused(many + ",s"), "WWW-Authenticate: too many challenges");
}

AuthChallenge bearer(std::string realm, std::string service = "") {
    AuthChallenge challenge{.scheme = "bearer", .parameters = {{"realm", std::move(realm)}}, .token = ""};
    if (!service.empty()) challenge.parameters["service"] = std::move(service);
    return challenge;
}

TEST(TokenRequest, NamesServiceAndScope) {
    EXPECT_EQ(token_request(bearer("https://auth.docker.io/token", "registry.docker.io"), {.registry = "docker.io", .repository = "library/alpine"}).url,
              "https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Alibrary%2Falpine%3Apull");
    EXPECT_EQ(token_request(bearer("https://q.io/t?x=1"), {.registry = "q.io", .repository = "a"}).url, "https://q.io/t?x=1&scope=repository%3Aa%3Apull");
    EXPECT_EQ(token_request(bearer("https://q.io", "a b&c=\xc3\xa4"), {.registry = "q.io", .repository = "a"}).url,
              "https://q.io?service=a%20b%26c%3D%C3%A4&scope=repository%3Aa%3Apull");
}

// A challenge that asks for more than we need does not get us to carry it.
TEST(TokenRequest, AsksForNoMoreThanToPull) {
    auto greedy = bearer("https://q.io/t");
    greedy.parameters["scope"] = "repository:other/app:pull,push,delete registry:catalog:*";
    EXPECT_EQ(token_request(greedy, {.registry = "q.io", .repository = "a"}).url, "https://q.io/t?scope=repository%3Aa%3Apull");
}

TEST(TokenRequest, SendsThePasswordToTheRegistrysOwnRealmOnly) {
    const auto own = [](std::string registry, std::string realm, bool insecure = false) {
        return token_request(bearer(std::move(realm)), {.registry = std::move(registry), .repository = "a", .insecure = insecure}).may_have_password;
    };
    EXPECT_TRUE(own("docker.io", "https://auth.docker.io/token"));
    EXPECT_TRUE(own("ghcr.io", "https://ghcr.io/token"));
    EXPECT_TRUE(own("ghcr.io", "https://GHCR.IO:443/token"));
    EXPECT_TRUE(own("ghcr.io:443", "https://ghcr.io/token"));
    EXPECT_TRUE(own("registry.gitlab.com", "https://gitlab.com/jwt/auth"));
    EXPECT_TRUE(own("localhost:5000", "https://localhost:5000/t"));
    EXPECT_TRUE(own("[::1]:5000", "https://[::1]:5000/t"));
    EXPECT_TRUE(own("localhost:5000", "http://localhost:5000/t", true));
    EXPECT_FALSE(own("docker.io", "https://docker.io.evil/token"));
    EXPECT_FALSE(own("docker.io", "https://auth.docker.io:444/token"));
    EXPECT_FALSE(own("docker.io", "http://auth.docker.io/token", true));
    EXPECT_FALSE(own("ghcr.io", "https://evil.io/token"));
    EXPECT_FALSE(own("ghcr.io", "https://evil.io?ghcr.io/token"));
    EXPECT_FALSE(own("ghcr.io", "https://x.ghcr.io/token"));
    EXPECT_FALSE(own("ghcr.io", "https://io/token"));
    EXPECT_FALSE(own("localhost:5000", "https://localhost:5001/t"));
    EXPECT_FALSE(own("localhost:5000", "https://localhost/t"));
    EXPECT_FALSE(own("registry.gitlab.com", "https://gitlab.com:8443/jwt/auth"));
    EXPECT_FALSE(own("registry.gitlab.com", "http://gitlab.com/jwt/auth", true));
    EXPECT_FALSE(own("notgitlab.com", "https://gitlab.com/jwt/auth"));
    EXPECT_FALSE(own("10.0.0.1", "https://0.0.1/t"));
}

TEST(TokenRequest, RefusesRealmsThatAreNone) {
    const auto problem = [](std::string realm, bool insecure = false) {
        const auto message = error_of([&] { (void)token_request(bearer(realm), {.registry = "q.io", .repository = "a", .insecure = insecure}); });
        return message.substr(message.rfind(": ") == message.npos ? 0 : message.rfind(": ") + 2);
    };
    EXPECT_EQ(error_of([] { (void)token_request({.scheme = "bearer", .parameters = {}, .token = ""}, {}); }),
              "the registry asks for a token and does not say where to get it");
    EXPECT_EQ(error_of([] { (void)token_request(bearer("http://q.io/\x1b"), {}); }),
              "the registry sends us to \"http://q.io/\\x1b\" for a token: not a URL");
    for (const char* realm : {"http://q.io/t", "file:///etc/passwd", "ftp://q.io", "q.io/t", "//q.io/t", "https:/q.io"})
        EXPECT_EQ(problem(realm), "only https is used") << realm;
    EXPECT_EQ(problem("http://q.io/t", true), "");
    EXPECT_EQ(problem("ftp://q.io/t", true), "only https is used");
    for (const char* realm : {"https://", "https:///t", "https://:443/t", "https://q.io:/t", "https://q.io:x/t", "https://q.io:123456/t", "https://q.io/a b",
                              "https://q.io/\r\nX: y", "https://q.io\\@evil", "https://q.io/#x", "https://q.io/\"", "https://q.io/\xc3\xa4", "https://[::1/t",
                              "https://[]/t", "https://[::1]x/t", "https://a_b/t", "https://a;b/t"})
        EXPECT_EQ(problem(realm), "not a URL") << realm;
    for (const char* realm : {"https://user@q.io/t", "https://q.io:1@evil.io/t", "https://@q.io"}) EXPECT_EQ(problem(realm), "with a user name in it") << realm;
    EXPECT_EQ(problem("https://q.io/" + std::string(4096, 'a')), "too long");
}

BearerToken token(std::string_view text) { return parse_token_response(text, "TOKEN"); }

TEST(TokenResponse, IsReadUnderEitherName) {
    EXPECT_EQ(token(R"({"token":"abc.def","expires_in":300})"), (BearerToken{"abc.def", 300s}));
    EXPECT_EQ(token(R"({"access_token":"x"})"), (BearerToken{"x", 60s}));
    EXPECT_EQ(token(R"({"token":"","access_token":"x"})").token, "x");
    EXPECT_EQ(token(R"({"token":"a","access_token":"b"})").token, "a");
    EXPECT_EQ(token(R"({"token":"a","expires_in":5})").lifetime, 60s);
    EXPECT_EQ(token(R"({"token":"a","expires_in":18446744073709551615})").lifetime, 86400s);
}

TEST(TokenResponse, RefusesWhatIsNone) {
    const auto problem = [](std::string_view text) { return error_of([&] { (void)token(text); }); };
    EXPECT_EQ(problem("{}"), "TOKEN: at /: access_token is missing");
    EXPECT_EQ(problem("<html>"), "TOKEN: not valid JSON at byte 1");
    EXPECT_EQ(problem(R"({"token":1})"), "TOKEN: at /token: expected a string");
    EXPECT_EQ(problem(R"({"token":"a","expires_in":"300"})"), "TOKEN: at /expires_in: expected a whole number that is not negative");
    for (const char* wrong : {"secret\\r\\nX: y", "se cret", "secret\\u00e4"})
        EXPECT_EQ(problem(fmt::format(R"({{"token":"{}"}})", wrong)), "TOKEN: at /token: cannot be sent in a header");
    EXPECT_EQ(problem(R"({"access_token":""})"), "TOKEN: at /access_token: cannot be sent in a header");
    EXPECT_EQ(problem(R"({"token":")" + std::string((64u << 10) + 1, 'a') + "\"}"), "TOKEN: at /token: cannot be sent in a header");
    EXPECT_EQ(problem(std::string((1u << 20) + 1, ' ')), "TOKEN: larger than 1048576 bytes");
}

} // namespace
} // namespace lxcpp::image
