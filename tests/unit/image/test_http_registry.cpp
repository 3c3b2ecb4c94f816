// SPDX-License-Identifier: Apache-2.0
#include "image/http.h"

#include "http_server.h"
#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fmt/core.h>
#include <stdexcept>

// What a registry needs of HTTP beyond downloads.
namespace lxcpp::image {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

class HttpRegistryTest : public testing::Test {
protected:
    HttpRegistryTest() : client_(HttpOptions{.first_backoff = 1ms, .longest_wait = 5s}) {}

    Fetched fetch(const Fetch& what) { return client_.fetch(what, silent_); }

    SilentProgress silent_;
    HttpClient client_;
};

TEST_F(HttpRegistryTest, ARefusalSaysWhyAndHowToPass) {
    HttpServer server([](const HttpRequest&) {
        return HttpResponse{.status = "401 Unauthorized",
                            .headers = {"WWW-Authenticate: Bearer realm=\"x\"", "WWW-Authenticate: Basic realm=\"y\"",
                                        "Content-Type: application/json"},
                            .body = "{\"errors\":[]}"};
    });
    const Fetched refused = fetch({.url = server.url("/v2/"), .refusal_ok = true});
    EXPECT_FALSE(refused.found);
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.body, "{\"errors\":[]}");
    EXPECT_EQ(refused.content_type, "application/json");
    EXPECT_THAT(refused.challenges, ElementsAre("Bearer realm=\"x\"", "Basic realm=\"y\""));
    EXPECT_EQ(error_of([&] { return fetch({.url = server.url("/v2/")}); }),
              "fetch " + server.url("/v2/") + ": 401 Unauthorized");
}

TEST_F(HttpRegistryTest, ARefusalIsKeptShort) {
    HttpServer server([](const HttpRequest&) {
        return HttpResponse{.status = "403 Forbidden", .body = std::string(1u << 20, 'x')};
    });
    EXPECT_EQ(fetch({.url = server.url("/"), .refusal_ok = true}).body.size(), 64u << 10);
}

TEST_F(HttpRegistryTest, PostsAFormAndOnlyThere) {
    HttpServer other([](const HttpRequest&) { return HttpResponse{}; });
    HttpServer server([&](const HttpRequest& request) {
        if (request.path == "/moved") return HttpResponse{.status = "307 Moved", .headers = {"Location: " + other.url("/")}};
        return HttpResponse{.body = request.method + " " + request.body};
    });
    EXPECT_EQ(fetch({.url = server.url("/token"), .post = "a=b&c=d"}).body, "POST a=b&c=d");
    EXPECT_THAT(error_of([&] { return fetch({.url = server.url("/moved"), .post = "secret"}); }),
                HasSubstr("redirects a request that carries what is only for that server"));
    EXPECT_TRUE(other.requests().empty());
}

TEST_F(HttpRegistryTest, WaitsAsLongAsTheServerAsks) {
    std::atomic<int> calls = 0;
    HttpServer server([&](const HttpRequest&) {
        if (++calls > 1) return HttpResponse{.body = "now"};
        return HttpResponse{.status = "429 Too Many Requests", .headers = {"Retry-After: 1"}};
    });
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(fetch({.url = server.url("/")}).body, "now");
    EXPECT_GE(std::chrono::steady_clock::now() - before, 1s);
}

TEST_F(HttpRegistryTest, DoesNotWaitForHours) {
    HttpServer server([](const HttpRequest&) {
        return HttpResponse{.status = "429 Too Many Requests", .headers = {"Retry-After: 3600"}};
    });
    EXPECT_EQ(error_of([&] { return fetch({.url = server.url("/")}); }),
              "fetch " + server.url("/") + ": 429 Too Many Requests; the server asks to wait for 3600 s");
}

TEST_F(HttpRegistryTest, TellsOfEachFetchAndCanBeEnded) {
    HttpServer server([](const HttpRequest& request) { return HttpResponse{.body = request.path}; });
    const std::vector<Fetch> fetches{{.url = server.url("/0")}, {.url = server.url("/1")}};
    std::vector<std::string> told(2);
    const auto results = client_.fetch_all(fetches, silent_, "Downloading",
                                           [&](std::size_t index, const Fetched& one) { told.at(index) = one.body; });
    EXPECT_EQ(results.size(), 2u);
    EXPECT_THAT(told, ElementsAre("/0", "/1"));
    EXPECT_THROW((void)client_.fetch_all(fetches, silent_, "Downloading",
                                         [](std::size_t, const Fetched&) { throw std::runtime_error("end"); }),
                 std::runtime_error);
}

} // namespace
} // namespace lxcpp::image
