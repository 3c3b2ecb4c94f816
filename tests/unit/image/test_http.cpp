// SPDX-License-Identifier: Apache-2.0
#include "image/http.h"

#include "http_fixture.h"
#include "image/digest.h"
#include "sys/file_io.h"

#include <gmock/gmock.h>

#include <atomic>
#include <fmt/core.h>
#include <semaphore>

using namespace lxcpp;
using namespace lxcpp::image;
using lxcpp::test::error_of;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

namespace {

// More than what is worth resuming.
std::string big_text() {
    std::string text;
    for (int i = 0; text.size() < (3u << 20); ++i) text += fmt::format("line {}\n", i);
    return text;
}

// Serves text with ranges, the way a mirror does.
HttpResponse serve_file(const HttpRequest& request, const std::string& text, const std::string& etag) {
    HttpResponse response = {.headers = {"ETag: " + etag}, .body = text};
    const auto range = request.header("range");
    if (!range.starts_with("bytes=") || request.header("if-range") != etag) return response;
    const auto start = std::stoull(range.substr(6));
    response.status = "206 Partial Content";
    response.headers.push_back(
        fmt::format("Content-Range: bytes {}-{}/{}", start, text.size() - 1, text.size()));
    response.body = text.substr(start);
    return response;
}

} // namespace

TEST_F(HttpTest, FetchesIntoMemory) {
    HttpServer server([](const HttpRequest&) { return HttpResponse{.body = "hello"}; });
    const auto result = fetch({.url = server.url("/a")});
    EXPECT_TRUE(result.found);
    EXPECT_EQ(result.body, "hello");
    EXPECT_EQ(result.size, 5u);
    EXPECT_EQ(result.sha256, sha256_hex("hello"));
    EXPECT_EQ(result.final_url, server.url("/a"));
    EXPECT_THAT(server.requests().front().header("user-agent"), StartsWith("lxcpp/"));
}

TEST_F(HttpTest, FetchesManyFilesInOrder) {
    HttpServer server([](const HttpRequest& request) { return HttpResponse{.body = request.path}; });
    std::vector<Fetch> fetches;
    for (int i = 0; i < 40; ++i)
        fetches.push_back({.url = server.url(fmt::format("/{}", i)),
                           .destination = file(fmt::format("{}", i)),
                           .sha256 = sha256_hex(fmt::format("/{}", i))});
    const auto results = client_.fetch_all(fetches, silent_);
    ASSERT_EQ(results.size(), 40u);
    for (int i = 0; i < 40; ++i)
        EXPECT_EQ(sys::read_file(file(fmt::format("{}", i))), fmt::format("/{}", i));
    EXPECT_EQ(names().size(), 40u) << "no part files stay";
}

TEST_F(HttpTest, AsksWhetherAVersionIsStillThere) {
    HttpServer server([](const HttpRequest& request) {
        if (request.header("if-none-match") == "\"v1\"") return HttpResponse{.status = "304 Not Modified"};
        if (request.header("if-modified-since") == "then") return HttpResponse{.status = "304 Not Modified"};
        return HttpResponse{.headers = {"ETag: \"v1\"", "Last-Modified: then"}, .body = "hello"};
    });
    const auto first = fetch({.url = server.url("/a")});
    EXPECT_EQ(first.etag, "\"v1\"");
    EXPECT_EQ(first.last_modified, "then");
    EXPECT_FALSE(first.unchanged);
    const auto again = fetch({.url = server.url("/a"), .etag = "\"v1\""});
    EXPECT_TRUE(again.unchanged && again.found && again.body.empty());
    EXPECT_TRUE(fetch({.url = server.url("/a"), .last_modified = "then"}).unchanged);
    EXPECT_EQ(fetch({.url = server.url("/a"), .etag = "\"v0\""}).body, "hello");
}

TEST_F(HttpTest, UnaskedUnchangedIsRefused) {
    HttpServer server([](const HttpRequest&) { return HttpResponse{.status = "304 Not Modified"}; });
    EXPECT_EQ(refusal({.url = server.url("/a")}), "fetch " + server.url("/a") + ": 304 Not Modified");
}

// The last amounts that were shown.
struct Amounts final : ProgressSink {
    void begin(std::string_view, std::uint64_t, ProgressUnit) override {}
    void update(std::uint64_t done_, std::uint64_t total_) override { done = done_, total = total_; }
    void end(std::string_view) override {}
    void abandon() noexcept override {}
    void message(std::string_view) override {}
    std::uint64_t done = 0, total = 0;
};

TEST_F(HttpTest, TheTotalIsThatOfWhatServersAnnounce) {
    HttpServer server([](const HttpRequest& request) {
        if (request.path == "/missing") return HttpResponse{.status = "404 Not Found", .body = "a page"};
        return HttpResponse{.body = std::string(1000, 'x'), .length = request.path != "/unknown"};
    });
    const auto fetch_of = [&](const std::string& path, std::optional<std::uint64_t> size) {
        return Fetch{.url = server.url(path), .destination = file("file" + path.substr(1)), .size = size, .missing_ok = true};
    };
    Amounts amounts;
    const std::vector<Fetch> fetches{fetch_of("/a", std::nullopt), fetch_of("/b", 1000), fetch_of("/missing", std::nullopt),
                                     fetch_of("/unknown", std::nullopt)};
    (void)client_.fetch_all(fetches, amounts);
    EXPECT_EQ(amounts.done, 3000u);
    EXPECT_EQ(amounts.total, 3000u);
}

TEST_F(HttpTest, EmptyFile) {
    HttpServer server([](const HttpRequest&) { return HttpResponse{}; });
    EXPECT_EQ(fetch({.url = server.url("/"), .destination = file("empty"), .size = 0}).size, 0u);
    EXPECT_EQ(sys::read_file(file("empty")), "");
}

TEST_F(HttpTest, KeepsWhatIsThereAndReplacesWhatIsWrong) {
    HttpServer server([](const HttpRequest&) { return HttpResponse{.body = "right"}; });
    const Fetch wanted = {
        .url = server.url("/a"), .destination = file("a"), .sha256 = sha256_hex("right")};
    sys::write_file_atomic(file("a"), "wrong");
    EXPECT_FALSE(fetch(wanted).kept);
    EXPECT_EQ(sys::read_file(file("a")), "right");
    const auto again = fetch(wanted);
    EXPECT_TRUE(again.kept);
    EXPECT_EQ(again.sha256, sha256_hex("right"));
    EXPECT_EQ(again.size, 5u);
    EXPECT_EQ(again.final_url, server.url("/a"));
    EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpTest, WrongDigestLeavesNothing) {
    HttpServer server([](const HttpRequest&) { return HttpResponse{.body = "tampered"}; });
    const auto expected = sha256_hex("original");
    EXPECT_EQ(refusal({.url = server.url("/a"), .destination = file("a"), .sha256 = expected}),
              fmt::format("fetch {}: sha256 is {}, expected {}", server.url("/a"),
                          sha256_hex("tampered"), expected));
    EXPECT_THAT(names(), IsEmpty());
    EXPECT_EQ(server.requests().size(), 1u) << "wrong bytes are not asked for again";
}

TEST_F(HttpTest, RefusesOtherSizes) {
    HttpServer server([](const HttpRequest& request) {
        return HttpResponse{.body = std::string(100'000, 'x'), .length = request.path == "/announced"};
    });
    EXPECT_EQ(refusal({.url = server.url("/announced"), .destination = file("a"), .size = 99'999}),
              "fetch " + server.url("/announced") +
                  ": the server announces 100000 bytes, expected 99999");
    EXPECT_EQ(refusal({.url = server.url("/silent"), .destination = file("a"), .size = 99'999}),
              "fetch " + server.url("/silent") + ": more than the expected 99999 bytes arrive");
    EXPECT_EQ(refusal({.url = server.url("/silent"), .destination = file("a"), .size = 100'001}),
              "fetch " + server.url("/silent") + ": got 100000 bytes, expected 100001");
    EXPECT_EQ(refusal({.url = server.url("/announced"), .max_bytes = 50'000}),
              "fetch " + server.url("/announced") + ": has 100000 bytes, the limit is 50000");
    EXPECT_EQ(refusal({.url = server.url("/silent"), .destination = file("a"), .max_bytes = 50'000}),
              "fetch " + server.url("/silent") +
                  ": more than 50000 bytes arrive, which is the limit");
    EXPECT_FALSE(sys::exists(file("a")));
}

TEST_F(HttpTest, StatusesByName) {
    HttpServer server([](const HttpRequest& request) {
        if (request.path == "/bare") return HttpResponse{.status = "403"};
        return HttpResponse{.status = "404 Not Found", .body = "<html>no such file</html>"};
    });
    EXPECT_EQ(refusal({.url = server.url("/x"), .destination = file("x")}),
              "fetch " + server.url("/x") + ": 404 Not Found");
    EXPECT_EQ(refusal({.url = server.url("/bare")}), "fetch " + server.url("/bare") + ": 403 Forbidden");
    EXPECT_FALSE(fetch({.url = server.url("/x"), .missing_ok = true}).found);
    EXPECT_FALSE(sys::exists(file("x")));
}

TEST_F(HttpTest, RetriesServerErrorsAndLostConnections) {
    std::atomic<int> calls = 0;
    HttpServer server([&](const HttpRequest&) {
        switch (calls++) {
        case 0: return HttpResponse{.status = "503 Service Unavailable", .body = "busy"};
        case 1: return HttpResponse{.reset = true};
        case 2: return HttpResponse{.body = "hello", .cut_after = 2};
        default: return HttpResponse{.body = "hello"};
        }
    });
    EXPECT_EQ(fetch({.url = server.url("/a")}).body, "hello");
    EXPECT_EQ(calls, 4);
}

TEST_F(HttpTest, GivesUpAfterThreeRetries) {
    HttpServer server([](const HttpRequest&) {
        return HttpResponse{.status = "500 Internal Server Error"};
    });
    EXPECT_EQ(refusal({.url = server.url("/a")}),
              "fetch " + server.url("/a") + ": 500 Internal Server Error (tried 4 times)");
    EXPECT_EQ(server.requests().size(), 4u);
}

TEST_F(HttpTest, TruncationIsNeverAccepted) {
    HttpServer server([](const HttpRequest&) {
        return HttpResponse{.body = "hello world", .cut_after = 5};
    });
    EXPECT_EQ(refusal({.url = server.url("/a"), .destination = file("a")}),
              "fetch " + server.url("/a") +
                  ": the connection was closed before the end of the file (tried 4 times)");
    EXPECT_FALSE(sys::exists(file("a")));
}

TEST_F(HttpTest, AbortsAStalledTransfer) {
    HttpServer server([](const HttpRequest&) {
        return HttpResponse{.body = "hello world", .cut_after = 5, .stall = true};
    });
    auto options = quick();
    options.retries = 0;
    options.stall_time = 1s;
    HttpClient impatient(options);
    EXPECT_EQ(error_of([&] { return impatient.fetch({.url = server.url("/a")}, silent_); }),
              "fetch " + server.url("/a") + ": timed out");
}

TEST_F(HttpTest, ResumesTheSameVersion) {
    const auto text = big_text();
    std::atomic<bool> cut = true;
    HttpServer server([&](const HttpRequest& request) {
        auto response = serve_file(request, text, "\"v1\"");
        if (cut.exchange(false)) response.cut_after = 2'000'000;
        return response;
    });
    auto options = quick();
    options.retries = 0;
    const Fetch wanted = {
        .url = server.url("/a"), .destination = file("a"), .sha256 = sha256_hex(text)};
    EXPECT_THAT(error_of([&] { return HttpClient(options).fetch(wanted, silent_); }),
                HasSubstr("closed before the end of the file"));
    EXPECT_THAT(names(), ElementsAre("a.part", "a.part.version"));

    EXPECT_EQ(fetch(wanted).size, text.size()); // as another process would, later
    EXPECT_EQ(sys::read_file(file("a")), text);
    EXPECT_EQ(server.requests().at(1).header("range"), "bytes=2000000-");
    EXPECT_EQ(server.requests().at(1).header("if-range"), "\"v1\"");
    EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(HttpTest, StartsAgainWhenTheVersionChanged) {
    const auto text = big_text();
    HttpServer server([&](const HttpRequest& request) { return serve_file(request, text, "\"v2\""); });
    sys::write_file_atomic(file("a.part"), std::string(1'500'000, 'o'));
    sys::write_file_atomic(file("a.part.version"), "\"v1\"");
    EXPECT_EQ(fetch({.url = server.url("/a"), .destination = file("a")}).sha256, sha256_hex(text));
    EXPECT_EQ(sys::read_file(file("a")), text);
}

TEST_F(HttpTest, StartsAgainWhenTheResumedFileIsWrong) {
    const auto text = big_text();
    HttpServer server([&](const HttpRequest& request) { return serve_file(request, text, "\"v1\""); });
    sys::write_file_atomic(file("a.part"), std::string(1'500'000, 'o')); // damaged on disk
    sys::write_file_atomic(file("a.part.version"), "\"v1\"");
    fetch({.url = server.url("/a"), .destination = file("a"), .sha256 = sha256_hex(text)});
    EXPECT_EQ(sys::read_file(file("a")), text);
    ASSERT_EQ(server.requests().size(), 2u);
    EXPECT_EQ(server.requests().at(1).header("range"), "");
}

TEST_F(HttpTest, RefusesAPartThatWasNotAskedFor) {
    HttpServer server([](const HttpRequest&) {
        return HttpResponse{.status = "206 Partial Content",
                            .headers = {"Content-Range: bytes 5-9/10"},
                            .body = "world"};
    });
    EXPECT_EQ(refusal({.url = server.url("/a")}),
              "fetch " + server.url("/a") +
                  ": the server sent another part of the file than was asked for");
}

TEST_F(HttpTest, TheFirstFailureStopsAll) {
    HttpServer server([](const HttpRequest& request) {
        if (request.path == "/bad") return HttpResponse{.status = "404 Not Found"};
        return HttpResponse{.body = "x", .cut_after = 0, .stall = true};
    });
    std::vector<Fetch> fetches = {{.url = server.url("/slow")}, {.url = server.url("/bad")}};
    EXPECT_EQ(error_of([&] { return client_.fetch_all(fetches, silent_); }),
              "fetch " + server.url("/bad") + ": 404 Not Found");
}

// Says when the work has come to where it waits.
class StepCounter final : public ProgressSink {
public:
    void begin(std::string_view, std::uint64_t, ProgressUnit) override {}
    void update(std::uint64_t, std::uint64_t) override { steps.release(); }
    void end(std::string_view) override {}
    void abandon() noexcept override {}
    void message(std::string_view) override {}
    std::counting_semaphore<1'000'000> steps{0};
};

TEST_F(HttpTest, WaitsForAnotherProcessWithTheSameFileAndTakesThat) {
    HttpServer server([](const HttpRequest&) { return HttpResponse{.body = "hello"}; });
    Fd part = sys::open_file(file("a.part"), {.access = sys::Access::ReadWrite, .create = true});
    ASSERT_TRUE(sys::try_lock_file(part, sys::LockKind::Exclusive, "a.part"));
    StepCounter counter;
    Fetched fetched;
    std::jthread other([&] {
        fetched = client_.fetch({.url = server.url("/a"), .destination = file("a"), .sha256 = sha256_hex("hello")}, counter);
    });
    counter.steps.acquire();
    sys::write_all(part, "hello", "a.part"); // the first process ends its work
    sys::rename(file("a.part"), file("a"));
    part.reset();
    other.join();
    EXPECT_TRUE(fetched.kept);
    EXPECT_EQ(server.requests().size(), 0u);
    EXPECT_EQ(sys::read_file(file("a")), "hello");
    EXPECT_THAT(names(), ElementsAre("a"));
}

// What the other one brought is not what this one wants.
TEST_F(HttpTest, WaitsForAnotherProcessAndFetchesWhatItDidNotBring) {
    HttpServer server([](const HttpRequest&) { return HttpResponse{.body = "hello"}; });
    Fd part = sys::open_file(file("a.part"), {.access = sys::Access::ReadWrite, .create = true});
    ASSERT_TRUE(sys::try_lock_file(part, sys::LockKind::Exclusive, "a.part"));
    StepCounter counter;
    std::jthread other([&] {
        (void)client_.fetch({.url = server.url("/a"), .destination = file("a"), .sha256 = sha256_hex("hello")}, counter);
    });
    counter.steps.acquire();
    part.reset(); // it was killed
    other.join();
    EXPECT_EQ(server.requests().size(), 1u);
    EXPECT_EQ(sys::read_file(file("a")), "hello");
    EXPECT_THAT(names(), ElementsAre("a"));
}
