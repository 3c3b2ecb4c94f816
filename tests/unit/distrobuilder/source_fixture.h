// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/root_source.h"
#include "support/error_of.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"
#include "sys/temp_dir.h"
#include "unit/image/gpg_fixture.h"
#include "unit/image/http_server.h"
#include "unit/image/served_tree.h"
#include "unit/image/tar_builder.h"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace lxcpp::distro {

// A mirror on the loopback interface, and a build's work with it. Keys take time to make: all tests share them.
class SourceTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        signer_ = new image::Signer();
        key_ = new image::Signer::Key(signer_->make_key("mirror"));
        stranger_ = new image::Signer::Key(signer_->make_key("stranger"));
        expired_ = new image::Signer::Key(signer_->make_key("expired", "ed25519", "1y", "20200101T000000"));
    }
    static void TearDownTestSuite() {
        for (auto* key : {key_, stranger_, expired_}) delete key;
        delete signer_;
    }

    SourceTest()
        : dir_("/tmp", "lxcpp-source-"), cache_(image::ImageCache::open(dir_.path() / "cache")), http_({.first_backoff = std::chrono::milliseconds(1)}),
          server_([this](const image::HttpRequest& request) { return answer(request); }) {
        for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
    }

    virtual image::HttpResponse answer(const image::HttpRequest& request) { return tree_(request); }

    [[nodiscard]] static std::string material(const image::Signer::Key& key) { return sys::read_file(signer_->armored(key)); }
    [[nodiscard]] static std::string detached(const std::string& text, const image::Signer::Key& key) {
        if (&key == expired_) return signer_->sign("--detach-sign", text, {"-u", key.fingerprint, "--faked-system-time", "20200201T000000"});
        return signer_->sign("--detach-sign", text, {"-u", key.fingerprint});
    }
    [[nodiscard]] static std::string clear(const std::string& text, const image::Signer::Key& key) {
        if (&key == expired_) return signer_->clear_sign(text, key, {"--faked-system-time", "20200201T000000"});
        return signer_->clear_sign(text, key);
    }

    // A tree with /etc/issue in it, below a directory of the archive.
    [[nodiscard]] static std::string root_tar(const std::string& issue, const std::string& below = {}) {
        using image::TarMember;
        const auto at = [&](const std::string& name) { return below.empty() ? "./" + name : below + "/" + name; };
        return image::make_tar(TarMember{.name = at(""), .type = '5', .mode = "0000700"}, TarMember{.name = at("etc/"), .type = '5', .mode = "0000755"},
                               TarMember{.name = at("etc/issue"), .data = issue}, TarMember{.name = at("dev/"), .type = '5', .mode = "0000755"},
                               TarMember{.name = at("dev/null"), .type = '3'});
    }

    [[nodiscard]] std::unique_ptr<RootSource> open() {
        work_ = std::make_unique<SourceWork>(SourceWork{recipe_, http_, cache_, cache_.scratch(), listener_, dir_.path(), dir_.path() / "log", std::time(nullptr)});
        return open_source(*work_);
    }
    // Opens and unpacks; what /etc/issue says then, or "error: …".
    std::string build() {
        const auto root = dir_.path() / "root";
        if (sys::exists(root)) sys::RootedDir::open(dir_.path()).remove_tree("root");
        sys::make_dir(root, 0755);
        try {
            source_ = open();
            source_->unpack(root);
            return sys::read_file(root / "etc/issue");
        } catch (const std::exception& error) {
            return std::string("error: ") + error.what();
        }
    }

    // What the source that was opened last says of itself: warnings as the build shows them.
    [[nodiscard]] std::vector<std::string> verification() const {
        std::vector<std::string> lines;
        for (const auto& [text, doubtful] : source_->verification())
            lines.push_back((doubtful ? "warning: " : "") + text);
        return lines;
    }

    static inline image::Signer* signer_ = nullptr;
    static inline image::Signer::Key* key_ = nullptr;
    static inline image::Signer::Key* stranger_ = nullptr;
    static inline image::Signer::Key* expired_ = nullptr;
    sys::TempDir dir_;
    image::ImageCache cache_;
    image::HttpClient http_;
    image::Listener listener_;
    image::ServedTree tree_;
    image::HttpServer server_;
    Recipe recipe_;
    std::unique_ptr<SourceWork> work_;
    std::unique_ptr<RootSource> source_;
};

} // namespace lxcpp::distro
