// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"
#include "source_fixture.h"

#include <atomic>
#include <fmt/core.h>
#include <thread>

namespace lxcpp::distro {
namespace {

using testing::HasSubstr;

// A server that has an ETag, gives parts of files, and can break off.
class SourceDownloads : public SourceTest {
protected:
    SourceDownloads() {
        recipe_.source.downloader = "rootfs-http";
        recipe_.source.url = server_.url("/base.tar");
    }
    image::HttpResponse answer(const image::HttpRequest& request) override {
        if (request.header("if-none-match") == "\"v1\"") return {.status = "304 Not Modified"};
        image::HttpResponse response{.headers = {"ETag: \"v1\""}, .body = tar_};
        if (const std::string range = request.header("range"); !range.empty()) {
            const auto start = std::stoul(range.substr(range.find('=') + 1));
            response.status = "206 Partial Content";
            response.headers.push_back(fmt::format("Content-Range: bytes {}-{}/{}", start, tar_.size() - 1, tar_.size()));
            response.body = tar_.substr(start);
        } else {
            ++whole_;
        }
        if (cut_.exchange(false)) response.cut_after = 1'500'000;
        return response;
    }
    // Another build with the same cache.
    std::string build_beside() {
        image::HttpClient http({.first_backoff = std::chrono::milliseconds(1)});
        image::SilentProgress silent;
        const sys::TempDir root("/tmp", "lxcpp-root-");
        const SourceWork work{recipe_, http, cache_, cache_.scratch(), silent, dir_.path(), dir_.path() / "log", std::time(nullptr)};
        return test::error_of([&] { open_source(work)->unpack(root.path()); });
    }

    const std::string tar_ = image::make_tar(image::TarMember{.name = "etc/", .type = '5', .mode = "0000755"}, image::TarMember{.name = "etc/issue", .data = "base"},
                                             image::TarMember{.name = "large", .data = std::string(2'000'000, 'x')});
    std::atomic<bool> cut_ = false;
    std::atomic<unsigned> whole_ = 0;
};

TEST_F(SourceDownloads, GoOnWhereTheyWereInterrupted) {
    recipe_.source.skip_verification = true; // nobody says the digest
    http_ = image::HttpClient({.retries = 0});
    for (const bool pinned : {false, true}) {
        SCOPED_TRACE(pinned);
        if (pinned) recipe_.source.sha256 = sha256_hex(tar_);
        cache_.forget_file(sha256_hex(tar_));
        cut_ = true;
        EXPECT_THAT(build(), HasSubstr("closed before the end of the file"));
        EXPECT_EQ(build(), "base");
        EXPECT_EQ(server_.requests().back().header("range"), "bytes=1500000-");
    }
}

TEST_F(SourceDownloads, OfBuildsAtTheSameTimeHappenOnce) {
    for (const bool pinned : {false, true}) {
        SCOPED_TRACE(pinned);
        recipe_.source.skip_verification = !pinned;
        if (pinned) recipe_.source.sha256 = sha256_hex(tar_);
        cache_.forget_file(sha256_hex(tar_));
        whole_ = 0;
        std::string others[3];
        {
            std::jthread threads[3];
            for (std::size_t i = 0; i < 3; ++i) threads[i] = std::jthread([&, i] { others[i] = build_beside(); });
        }
        for (const std::string& problem : others) EXPECT_EQ(problem, "");
        EXPECT_EQ(whole_, 1u);
    }
}

} // namespace
} // namespace lxcpp::distro
