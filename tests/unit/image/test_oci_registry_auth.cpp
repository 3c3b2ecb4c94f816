// SPDX-License-Identifier: Apache-2.0
#include "oci_registry_fixture.h"

#include "image/base64.h"
#include "image/oci_credentials.h"

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>

namespace lxcpp::image {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The registry wants a token, which its own realm gives to everybody or to who has the password.
class OciRegistryAuthTest : public OciRegistryTest {
protected:
    // Who does not show the token is sent to realm for it.
    void demand_token(const std::string& realm) {
        gate_ = [this, realm](const HttpRequest& request) -> std::optional<HttpResponse> {
            if (request.path.starts_with("/token")) return give_token(request);
            if (request.path == "/v2/" || request.header("authorization") == "Bearer " + token_) return std::nullopt;
            return unauthorized("Bearer realm=\"" + realm + "\",service=\"s\",scope=\"repository:other:push\"");
        };
    }
    void demand_token() { demand_token("http://" + host() + "/token"); }

    static HttpResponse unauthorized(const std::string& challenge) {
        return {.status = "401 Unauthorized",
                .headers = {"WWW-Authenticate: " + challenge},
                .body = R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]})"};
    }
    HttpResponse give_token(const HttpRequest& request) {
        ++token_requests_;
        if (wanted_.empty() || request.header("authorization") == wanted_) return {.body = R"({"token":")" + token_ + "\"}"};
        return {.status = "401 Unauthorized", .body = R"({"details":"incorrect username or password"})"};
    }
    void log_in(const std::string& host, const std::string& user, const std::string& password) {
        const auto path = dir_ / "auth.json";
        sys::write_file_atomic(path, fmt::format(R"({{"auths":{{"{}":{{"auth":"{}"}}}}}})", host, encode_base64(user + ":" + password)), 0600);
        options_.auth_files = {path};
    }
    [[nodiscard]] std::string basic() const { return "Basic " + encode_base64("user:secret"); }

    std::string token_ = "t0ken";
    std::string wanted_; // of who asks for a token; empty: nothing
    std::atomic<int> token_requests_ = 0;
};

TEST_F(OciRegistryAuthTest, ATokenForEverybodyIsAskedForOnce) {
    demand_token();
    EXPECT_EQ(fetch(), image_.layers);
    EXPECT_EQ(token_requests_, 1);
    std::vector<std::string> asked;
    for (const HttpRequest& request : server_.requests())
        if (request.path.starts_with("/token")) asked.push_back(request.path);
    EXPECT_THAT(asked, ElementsAre("/token?service=s&scope=repository%3Arepo%3Apull")); // no more than we want
}

TEST_F(OciRegistryAuthTest, ThePasswordGoesToTheRealmAndNotToTheRegistry) {
    demand_token();
    wanted_ = basic();
    options_.user = "user";
    options_.password = "secret";
    EXPECT_EQ(refusal(), "");
    for (const HttpRequest& request : server_.requests()) {
        if (request.path.starts_with("/token")) continue;
        EXPECT_NE(request.header("authorization"), basic()) << request.path;
    }
}

TEST_F(OciRegistryAuthTest, APasswordOfAnAuthFileIsUsed) {
    demand_token();
    wanted_ = basic();
    EXPECT_THAT(refusal(), HasSubstr("401 Unauthorized: incorrect username or password"));
    log_in(host(), "user", "secret");
    EXPECT_EQ(refusal(), "");
    log_in(host() + "/repo", "user", "secret");
    EXPECT_EQ(refusal(), "");
    log_in(host() + "/other", "user", "secret");
    EXPECT_THAT(refusal(), HasSubstr("it is not for everybody: log in, or give --username"));
}

TEST_F(OciRegistryAuthTest, ARealmElsewhereGetsNoPassword) { // row 38
    HttpServer other([this](const HttpRequest&) { return HttpResponse{.body = R"({"token":")" + token_ + "\"}"}; });
    demand_token(other.url("/token"));
    log_in(host(), "user", "secret");
    EXPECT_EQ(refusal(), "");
    ASSERT_EQ(other.requests().size(), 1u);
    EXPECT_EQ(other.requests()[0].header("authorization"), "");
    EXPECT_THAT(other.requests()[0].path, Not(HasSubstr("account")));
    EXPECT_THAT(lines_.lines, Contains(HasSubstr("so that it gets no password")));
}

TEST_F(OciRegistryAuthTest, ARegistryThatIsNeverContentIsLeft) {
    gate_ = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (request.path.starts_with("/token")) return give_token(request);
        if (request.path == "/v2/") return std::nullopt;
        return unauthorized("Bearer realm=\"http://" + host() + "/token\"");
    };
    EXPECT_THAT(refusal(), HasSubstr("401 Unauthorized: UNAUTHORIZED: authentication required"));
    EXPECT_EQ(token_requests_, 1);
}

TEST_F(OciRegistryAuthTest, ATokenForTooLittleIsRenewedOnce) {
    demand_token();
    const auto before = gate_;
    std::atomic<int> refused = 0;
    gate_ = [&, before](const HttpRequest& request) -> std::optional<HttpResponse> {
        auto response = before(request);
        if (response || !request.path.starts_with("/v2/repo/blobs/") || ++refused > 1) return response;
        return HttpResponse{.status = "403 Forbidden",
                            .headers = {"WWW-Authenticate: Bearer realm=\"http://" + host() + "/token\",error=\"insufficient_scope\""}};
    };
    EXPECT_EQ(refusal(), "");
    EXPECT_EQ(token_requests_, 2);
}

TEST_F(OciRegistryAuthTest, ATokenThatRunsOutDuringTheLayersIsRenewed) {
    demand_token();
    auto source = registry("repo:v1");
    const OciImage image = resolve_oci_image(source, {.os = "linux", .architecture = "amd64", .variant = {}});
    token_ = "another";
    std::size_t came = 0;
    source.fetch_layers(image.manifest.layers, [&](std::size_t, const OciBlob&) { ++came; }, silent_);
    EXPECT_EQ(came, 2u);
    EXPECT_EQ(token_requests_, 2);
}

TEST_F(OciRegistryAuthTest, RegistriesWithoutTokensTakeThePasswordThemselves) {
    gate_ = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (request.path == "/v2/" || request.header("authorization") == basic()) return std::nullopt;
        return unauthorized("Basic realm=\"r\"");
    };
    EXPECT_THAT(refusal(), AllOf(HasSubstr("401 Unauthorized"), HasSubstr("log in, or give --username")));
    options_.user = "user";
    options_.password = "wrong";
    EXPECT_THAT(refusal(), HasSubstr("does not accept the user and password"));
    options_.password = "secret";
    EXPECT_EQ(fetch(), image_.layers);
}

TEST_F(OciRegistryAuthTest, NothingGoesAlongToWhereALayerIsStored) { // G4
    HttpServer storage([&](const HttpRequest&) { return HttpResponse{.body = image_.layers[1]}; });
    demand_token();
    const auto before = gate_;
    gate_ = [&, before](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (auto response = before(request)) return response;
        if (request.path != blob_path(1)) return std::nullopt;
        return HttpResponse{.status = "307 Elsewhere", .headers = {"Location: " + storage.url("/signed?x=y")}};
    };
    EXPECT_EQ(fetch(), image_.layers);
    ASSERT_EQ(storage.requests().size(), 1u);
    EXPECT_EQ(storage.requests()[0].header("authorization"), "");
}

TEST_F(OciRegistryAuthTest, AnIdentityTokenBuysAToken) {
    demand_token();
    const auto before = gate_;
    std::vector<std::string> forms;
    bool knows_post = true;
    gate_ = [&, before](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (request.method != "POST") return before(request);
        forms.push_back(request.path + " " + request.body);
        if (!knows_post) return HttpResponse{.status = "404 Not Found"};
        return HttpResponse{.body = R"({"access_token":")" + token_ + "\"}"};
    };
    const auto path = dir_ / "auth.json";
    sys::write_file_atomic(path, fmt::format(R"({{"auths":{{"{}":{{"identitytoken":"i d"}}}}}})", host()), 0600);
    options_.auth_files = {path};
    EXPECT_EQ(refusal(), "");
    EXPECT_THAT(forms, ElementsAre("/token service=s&scope=repository%3Arepo%3Apull&grant_type=refresh_token&client_id=lxcpp"
                                   "&refresh_token=i%20d"));
    EXPECT_EQ(token_requests_, 0);
    knows_post = false; // then as anybody
    EXPECT_EQ(refusal(), "");
    EXPECT_EQ(token_requests_, 1);
}

TEST_F(OciRegistryAuthTest, AHelperIsAskedForThePassword) {
    const auto bin = dir_ / "bin";
    std::filesystem::create_directory(bin);
    const auto helper = [&](const std::string& script) {
        std::ofstream(bin / "docker-credential-test") << "#!/bin/sh\n" << script << "\n";
        std::filesystem::permissions(bin / "docker-credential-test", std::filesystem::perms::owner_all);
    };
    const std::string before = std::getenv("PATH");
    ::setenv("PATH", (bin.string() + ":" + before).c_str(), 1);
    helper("[ \"$1\" = get ] || exit 1; read -r host; [ \"$host\" = h.example:5000 ] || exit 1\n"
           "echo '{\"ServerURL\":\"x\",\"Username\":\"user\",\"Secret\":\"secret\"}'");
    EXPECT_EQ(ask_credential_helper("test", "h.example:5000"), (RegistryCredentials{.user = "user", .password = "secret", .identity_token = {}}));
    const auto refusal_of = [] { return test::error_of([] { (void)ask_credential_helper("test", "other"); }); };
    EXPECT_EQ(refusal_of(), "docker-credential-test: it failed");
    helper("echo 'credentials not found in native keychain'; exit 1");
    EXPECT_EQ(ask_credential_helper("test", "other"), std::nullopt);
    helper("echo 'a secret that is no JSON'");
    EXPECT_THAT(refusal_of(), AllOf(HasSubstr("docker-credential-test: its answer"), Not(HasSubstr("secret"))));
    std::filesystem::remove(bin / "docker-credential-test");
    EXPECT_THAT(refusal_of(), HasSubstr("PATH has no such program"));
    ::setenv("PATH", before.c_str(), 1);
}

TEST(OciRegistryOptions, LooksWhereOthersLook) {
    test::TempDir dir;
    const auto set = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
    const char* home = std::getenv("HOME");
    const std::string before = home != nullptr ? home : "/root";
    set("HOME", "/h");
    for (const char* name : {"REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"}) ::unsetenv(name);
    auto options = default_registry_options(dir / "etc");
    ASSERT_EQ(options.auth_files.size(), 3u);
    EXPECT_EQ(options.auth_files[0], "/run/containers/" + std::to_string(::geteuid()) + "/auth.json");
    EXPECT_EQ(options.auth_files[1], "/h/.config/containers/auth.json");
    EXPECT_EQ(options.auth_files[2], "/h/.docker/config.json");
    set("XDG_RUNTIME_DIR", "/r");
    set("XDG_CONFIG_HOME", "/c");
    set("DOCKER_CONFIG", "/d");
    options = default_registry_options(dir / "etc");
    EXPECT_THAT(options.auth_files, ElementsAre("/r/containers/auth.json", "/c/containers/auth.json", "/d/config.json"));
    set("REGISTRY_AUTH_FILE", "/only");
    EXPECT_THAT(default_registry_options(dir / "etc").auth_files, ElementsAre("/only"));
    std::filesystem::create_directory(dir / "etc");
    sys::write_file_atomic(dir / "etc/registries.conf", "");
    EXPECT_EQ(default_registry_options(dir / "etc").registries_conf, dir / "etc/registries.conf");
    for (const char* name : {"REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"}) ::unsetenv(name);
    set("HOME", before);
}

} // namespace
} // namespace lxcpp::image
