// SPDX-License-Identifier: Apache-2.0
#include "image/oci_auth_file.h"

#include "image/base64.h"
#include "support/error_of.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;

OciAuthFile parse(std::string_view text) { return parse_oci_auth_file(text, "auth.json"); }
std::string refused(std::string_view text) {
    return error_of([&] { (void)parse(text); });
}

// An entry for each key whose user is the key.
OciAuthFile with_entries(std::initializer_list<std::string_view> keys, std::string_view more = "") {
    std::string entries;
    for (const auto key : keys) {
        std::string user(key);
        for (char& c : user)
            if (c == ':') c = ';';
        entries += fmt::format(R"({}"{}":{{"auth":"{}"}})", entries.empty() ? "" : ",", key, encode_base64(user + ":pw:x"));
    }
    return parse(fmt::format(R"({{"auths":{{{}}}{}}})", entries, more));
}

std::string found(const OciAuthFile& file, std::string_view host, std::string_view repository) {
    const auto source = find_credentials(file, host, repository);
    if (!source.helper.empty()) return "helper " + source.helper;
    return source.credentials ? source.credentials->user : "nothing";
}

TEST(OciAuthFile, HasUsersPasswordsAndTokens) {
    const auto file = parse(R"({"auths":{"q.io":{"auth":"dXNlcjpwOmE="},"t.io":{"identitytoken":"tok"},"empty.io":{}},"HttpHeaders":{"x":"y"}})");
    ASSERT_EQ(file.registries.size(), 2u);
    EXPECT_EQ(file.registries.at("q.io"), (RegistryCredentials{"user", "p:a", ""}));
    EXPECT_EQ(file.registries.at("t.io"), (RegistryCredentials{"", "", "tok"}));
    EXPECT_EQ(parse("{}"), OciAuthFile{});
}

TEST(OciAuthFile, AnswersWithTheLongestPrefix) {
    const auto file = with_entries({"q.io", "q.io/a", "q.io/a/b", "r.io/team", "h.io:5000"});
    EXPECT_EQ(found(file, "q.io", "x"), "q.io");
    EXPECT_EQ(found(file, "q.io", "a"), "q.io/a");
    EXPECT_EQ(found(file, "q.io", "a/c"), "q.io/a");
    EXPECT_EQ(found(file, "q.io", "a/b"), "q.io/a/b");
    EXPECT_EQ(found(file, "q.io", "a/b/c"), "q.io/a/b");
    EXPECT_EQ(found(file, "q.io", "ab"), "q.io"); // no half components
    EXPECT_EQ(found(file, "r.io", "team/x"), "r.io/team");
    EXPECT_EQ(found(file, "r.io", "other"), "nothing");
    EXPECT_EQ(found(file, "h.io:5000", "x"), "h.io;5000");
    EXPECT_EQ(found(file, "h.io", "x"), "nothing"); // another port is another server
    EXPECT_EQ(found(file, "io", "x"), "nothing");
    EXPECT_EQ(found(file, "evil.q.io", "x"), "nothing");
}

TEST(OciAuthFile, KnowsRegistriesAsDockerWritesThem) {
    EXPECT_EQ(found(with_entries({"https://index.docker.io/v1/"}), "docker.io", "library/alpine"), "https;//index.docker.io/v1/");
    EXPECT_EQ(found(with_entries({"index.docker.io"}), "docker.io", "a"), "index.docker.io");
    EXPECT_EQ(found(with_entries({"https://q.io/v2/"}), "q.io", "a"), "https;//q.io/v2/");
    EXPECT_EQ(found(with_entries({"q.io/"}), "q.io", "a"), "q.io/");
    EXPECT_EQ(found(with_entries({"https://q.io/v1/", "q.io"}), "q.io", "a"), "q.io");
}

TEST(OciAuthFile, NamesTheHelper) {
    const auto file = with_entries({"q.io", "r.io"}, R"(,"credHelpers":{"q.io":"secretservice","s.io":"pass","r.io":""},"credsStore":"desktop")");
    EXPECT_EQ(found(file, "q.io", "a"), "helper secretservice");
    EXPECT_EQ(found(file, "s.io", "a"), "helper pass");
    EXPECT_EQ(found(file, "r.io", "a"), "r.io"); // the empty one stands for none
    EXPECT_EQ(found(file, "other.io", "a"), "helper desktop");
    const auto docker = parse(R"({"auths":{"https://index.docker.io/v1/":{}},"credsStore":"desktop"})");
    EXPECT_EQ(found(docker, "docker.io", "library/a"), "helper desktop");
}

TEST(OciAuthFile, RefusesHelpersThatCouldBePaths) {
    for (const char* name : {"/bin/sh", "../x", "a/b", ".x", "-x", "a b", "a;b", "a\\u000ab", "a\\\\b"}) {
        EXPECT_EQ(refused(fmt::format(R"({{"credHelpers":{{"q.io":"{}"}}}})", name)),
                  "auth.json: at /credHelpers/q.io: expected the name of a credential helper") << name;
        EXPECT_EQ(refused(fmt::format(R"({{"credsStore":"{}"}})", name)), "auth.json: at /credsStore: expected the name of a credential helper") << name;
    }
    EXPECT_EQ(refused(R"({"credsStore":")" + std::string(65, 'a') + "\"}"), "auth.json: at /credsStore: expected the name of a credential helper");
    EXPECT_EQ(refused(R"({"credsStore":1})"), "auth.json: at /credsStore: expected a string");
}

TEST(OciAuthFile, RefusesPasswordsThatAreNoneAndShowsNoneOfThem) {
    for (const std::string& auth : {std::string("secret"), std::string("c2VjcmV0"), encode_base64(":secret"), std::string("dTpw====")}) {
        EXPECT_EQ(refused(fmt::format(R"({{"auths":{{"q.io":{{"auth":"{}"}}}}}})", auth)),
                  "auth.json: at /auths/q.io/auth: expected base64 of USER:PASSWORD") << auth;
    }
    EXPECT_EQ(refused(fmt::format(R"({{"auths":{{"q.io":{{"auth":"{}"}}}}}})", encode_base64(std::string("u:p\0q", 5)))),
              "auth.json: at /auths/q.io/auth: a NUL character in USER:PASSWORD");
    EXPECT_EQ(refused(R"({"auths":{"q.io":"secret"}})"), "auth.json: at /auths/q.io: expected an object");
    EXPECT_EQ(refused(R"({"auths":{"q.io":{"auth":7}}})"), "auth.json: at /auths/q.io/auth: expected a string");
    EXPECT_EQ(refused(R"({"auths":{"q.io":{},"q.io":{}}})"), "auth.json: at /auths/q.io: stands there twice");
}

TEST(OciAuthFile, RefusesOtherDocuments) {
    EXPECT_EQ(refused("[]"), "auth.json: at /: expected an object");
    EXPECT_EQ(refused(R"({"auths":[]})"), "auth.json: at /auths: expected an object");
    EXPECT_EQ(refused(R"({"credHelpers":"x"})"), "auth.json: at /credHelpers: expected an object");
    EXPECT_EQ(refused(std::string((1u << 20) + 1, ' ')), "auth.json: larger than 1048576 bytes");
}

TEST(OciAuthFile, ReadsWhatAHelperAnswers) {
    EXPECT_EQ(parse_helper_answer(R"({"ServerURL":"q.io","Username":"u","Secret":"s"})", "helper"), (RegistryCredentials{"u", "s", ""}));
    EXPECT_EQ(parse_helper_answer(R"({"Username":"<token>","Secret":"s"})", "helper"), (RegistryCredentials{"", "", "s"}));
    EXPECT_EQ(error_of([] { (void)parse_helper_answer("credentials not found in native keychain", "helper"); }),
              "helper: not valid JSON at byte 1");
    EXPECT_EQ(error_of([] { (void)parse_helper_answer(R"({"Username":"u"})", "helper"); }), "helper: at /: Secret is missing");
    EXPECT_EQ(error_of([] { (void)parse_helper_answer(R"({"Secret":"s"})", "helper"); }), "helper: at /: Username is missing");
}

} // namespace
} // namespace lxcpp::image
