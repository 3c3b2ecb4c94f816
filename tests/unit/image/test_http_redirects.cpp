// SPDX-License-Identifier: Apache-2.0
#include "http_fixture.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fmt/core.h>

using namespace lxcpp;
using namespace lxcpp::image;
using lxcpp::test::error_of;
using testing::HasSubstr;

// Where a request may go, and what of ours goes with it.
namespace {

HttpResponse redirect_to(const std::string& target) {
    return {.status = "302 Found", .headers = {"Location: " + target}};
}

} // namespace

TEST_F(HttpTest, FollowsRedirectsButNotForEver) {
    HttpServer server([](const HttpRequest& request) {
        if (request.path == "/start") return redirect_to("/end");
        if (request.path == "/end") return HttpResponse{.body = "there"};
        return redirect_to("/loop");
    });
    const auto result = fetch({.url = server.url("/start")});
    EXPECT_EQ(result.body, "there");
    EXPECT_EQ(result.final_url, server.url("/end"));
    EXPECT_EQ(refusal({.url = server.url("/loop")}),
              "fetch " + server.url("/loop") + ": more than 5 redirects");
    EXPECT_EQ(server.requests().size(), 2u + 6u);
}

TEST_F(HttpTest, FollowsRedirectsToHttpServersOnly) {
    HttpServer server([](const HttpRequest& request) {
        if (request.path == "/file") return redirect_to("file:///etc/passwd");
        if (request.path == "/ftp") return redirect_to("ftp://localhost/x");
        return redirect_to("");
    });
    EXPECT_EQ(refusal({.url = server.url("/file")}),
              "fetch " + server.url("/file") +
                  ": redirect: file URLs are not fetched, only http and https");
    EXPECT_THAT(refusal({.url = server.url("/ftp")}), HasSubstr("ftp URLs are not fetched"));
    EXPECT_THAT(refusal({.url = server.url("/nowhere")}), HasSubstr("redirect"));
}

TEST_F(HttpTest, RefusesOtherSchemes) {
    EXPECT_EQ(refusal({.url = "file:///etc/passwd"}),
              "fetch file:///etc/passwd: file URLs are not fetched, only http and https");
    EXPECT_EQ(refusal({.url = "not a url"}), "fetch not a url: not a valid URL");
    HttpClient strict({.allow_http = false});
    EXPECT_EQ(error_of([&] { return strict.fetch({.url = "http://localhost/"}, silent_); }),
              "fetch http://localhost/: http URLs are not fetched, only https");
}

TEST_F(HttpTest, CredentialsStayWithTheirServer) {
    HttpServer other([](const HttpRequest&) { return HttpResponse{.body = "there"}; });
    HttpServer server([&](const HttpRequest& request) {
        return request.path == "/away" ? redirect_to(other.url("/x")) : redirect_to("/here/away");
    });
    HttpServer home([](const HttpRequest& request) {
        return request.path == "/a" ? redirect_to("/b") : HttpResponse{.body = "b"};
    });
    const auto with_password = [](const HttpServer& on, const std::string& path) {
        return fmt::format("http://user:secret@127.0.0.1:{}{}", on.port(), path);
    };
    fetch({.url = with_password(server, "/away"), .headers = {"X-Token: secret"}});
    EXPECT_NE(server.requests().front().header("authorization"), "");
    EXPECT_EQ(server.requests().front().header("x-token"), "secret");
    EXPECT_EQ(other.requests().front().header("authorization"), "");
    EXPECT_EQ(other.requests().front().header("x-token"), "");

    const auto result = fetch({.url = with_password(home, "/a"), .headers = {"X-Token: secret"}});
    EXPECT_NE(home.requests().at(1).header("authorization"), "") << "the same server may know it";
    EXPECT_EQ(home.requests().at(1).header("x-token"), "secret");
    EXPECT_EQ(result.final_url, home.url("/b")) << "and nobody else sees it";
}

TEST_F(HttpTest, MessagesHideThePassword) {
    HttpServer server([](const HttpRequest&) { return HttpResponse{.status = "404 Not Found"}; });
    const auto text =
        refusal({.url = fmt::format("http://user:secret@127.0.0.1:{}/a", server.port())});
    EXPECT_EQ(text, "fetch " + server.url("/a") + ": 404 Not Found");
    EXPECT_EQ(display_url("https://u:p%40w@h.example/a@b?c"), "https://h.example/a@b?c");
    EXPECT_EQ(display_url("https://h.example/a@b"), "https://h.example/a@b");
}

TEST_F(HttpTest, ConnectionFailuresByName) {
    EXPECT_EQ(refusal({.url = "http://name.invalid/a"}),
              "fetch http://name.invalid/a: could not resolve host");
    const int port = HttpServer([](const HttpRequest&) { return HttpResponse{}; }).port();
    EXPECT_THAT(refusal({.url = fmt::format("http://127.0.0.1:{}/a", port)}),
                HasSubstr("Failed to connect to 127.0.0.1"));
}

TEST_F(HttpTest, UsesTheProxyOfTheEnvironment) {
    HttpServer proxy([](const HttpRequest&) { return HttpResponse{.body = "by proxy"}; });
    ::setenv("http_proxy", proxy.url("").c_str(), 1);
    EXPECT_EQ(HttpClient(quick()).fetch({.url = "http://mirror.invalid/a"}, silent_).body, "by proxy");
    ::unsetenv("http_proxy");
    EXPECT_EQ(proxy.requests().front().path, "http://mirror.invalid/a");
}

TEST_F(HttpTest, NothingOfTheUsersNetrcIsSent) {
    HttpServer server([](const HttpRequest&) { return HttpResponse{}; });
    sys::write_file_atomic(file(".netrc"), "machine 127.0.0.1 login user password secret\n", 0600);
    const char* home = std::getenv("HOME");
    const std::string before = home != nullptr ? home : "/root";
    ::setenv("HOME", scratch_.path().c_str(), 1);
    fetch({.url = server.url("/a")});
    ::setenv("HOME", before.c_str(), 1);
    EXPECT_EQ(server.requests().front().header("authorization"), "");
}
