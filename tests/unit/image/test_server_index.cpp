// SPDX-License-Identifier: Apache-2.0
#include "image/image_server.h"

#include "gpg_fixture.h"
#include "served_tree.h"
#include "streams_tree.h"
#include "support/error_of.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

using namespace lxcpp;
using namespace lxcpp::image;
using lxcpp::test::error_of;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

namespace {

constexpr auto kClassic = "meta/1.0/index-user";

std::string products_text() {
    return fmt::format(R"({{"format": "products:1.0", "datatype": "image-downloads", "products": {{"debian:trixie:amd64:default":
        {{"arch": "amd64", "os": "Debian", "release": "trixie", "versions": {{"20260101_05:24": {{"items": {{"root":
        {{"ftype": "root.tar.xz", "path": "images/a/rootfs.tar.xz", "size": 4, "sha256": "{}"}}}}}}}}}}}}}})",
                       std::string(64, 'a'));
}

constexpr auto kClassicText = "debian;trixie;amd64;default;20260101_05:24;/images/debian/trixie/amd64/default/20260101_05:24/\n";

} // namespace

class ServerIndexTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        signer_ = std::make_unique<Signer>();
        good_ = signer_->make_key("Images <images@example.org>");
        stranger_ = signer_->make_key("Images <images@example.com>");
    }
    static void TearDownTestSuite() { signer_.reset(); }

    ServerIndexTest() : dir_("/tmp", "lxcpp-index-"), cache_(ImageCache::open(dir_.path())), server_(std::in_place, std::ref(tree_)) {
        for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
        access_.server = {.name = "test", .url = server_->url(""), .keyrings = {}, .fingerprints = {}};
        tree_.put(kIndex, kIndexText);
        tree_.put(kProducts, products_text());
    }

    static std::string sign(const std::string& text, const Signer::Key& key, const std::string& when = {}) {
        std::vector<std::string> options{"-u", key.fingerprint, "--armor"};
        if (!when.empty()) options.insert(options.end(), {"--faked-system-time", when + "!"});
        return signer_->sign("--detach-sign", text, options);
    }
    void sign_file(const std::string& path, const std::string& suffix = ".gpg", const std::string& when = {}) {
        tree_.put(path + suffix, sign(tree_.get(path), good_, when));
    }
    void sign_streams(const std::string& when = {}) {
        sign_file(kIndex, ".gpg", when);
        sign_file(kProducts, ".gpg", when);
    }
    void serve_classic() {
        tree_.remove(kIndex);
        tree_.remove(kProducts);
        tree_.put(kClassic, kClassicText);
    }
    void expect_keys(const Signer::Key& key = good_) { access_.server.keyrings = {key.keyring}; }
    ServerIndex read() { return read_server_index(access_, cache_, http_, listener_); }
    std::string refusal() {
        return error_of([&] { return read(); });
    }
    [[nodiscard]] std::string url(const std::string& path) const { return access_.server.url + "/" + path; }
    [[nodiscard]] std::size_t requests() const { return server_->requests().size(); }
    // As if all that is kept had been fetched that long ago.
    void age(std::time_t seconds) {
        for (const auto& name : sys::list_dir(dir_.path() / "indexes")) {
            const auto file = dir_.path() / "indexes" / name;
            auto text = sys::read_file(file);
            text.replace(0, text.find('\n'), fmt::format("asked {}", std::time(nullptr) - seconds));
            sys::write_file_atomic(file, text);
        }
    }

    static std::unique_ptr<Signer> signer_;
    static Signer::Key good_, stranger_;
    sys::TempDir dir_;
    ImageCache cache_;
    ServedTree tree_;
    std::optional<HttpServer> server_;
    HttpClient http_{{.retries = 0, .first_backoff = 1ms}};
    Listener listener_;
    ServerAccess access_;
};
std::unique_ptr<Signer> ServerIndexTest::signer_;
Signer::Key ServerIndexTest::good_, ServerIndexTest::stranger_;

TEST_F(ServerIndexTest, SignedStreams) {
    sign_streams();
    expect_keys();
    const auto index = read();
    EXPECT_EQ(index.protocol, ServerProtocol::Simplestreams);
    ASSERT_EQ(index.offers.size(), 1u);
    EXPECT_EQ(index.offers[0].distribution, "debian");
    EXPECT_EQ(index.signer, good_.fingerprint);
    EXPECT_EQ(index.how, "index signed by " + good_.fingerprint);
    EXPECT_THAT(listener_.messages, IsEmpty());
}

TEST_F(ServerIndexTest, PlainHttpNeedsAKey) {
    EXPECT_THAT(refusal(), StartsWith(access_.server.url + ": plain http, and no key for this server"));
    EXPECT_EQ(requests(), 0u);
    access_.validate = false;
    const auto index = read();
    EXPECT_EQ(index.how, "index over plain http");
    EXPECT_EQ(index.signer, "");
}

TEST_F(ServerIndexTest, AKeyMakesSignaturesMandatory) {
    expect_keys();
    EXPECT_THAT(refusal(), StartsWith(url(kIndex) + ": there are keys for this server (" + good_.keyring.string()));
    sign_file(kIndex);
    EXPECT_THAT(refusal(), StartsWith(url(kProducts) + ": there are keys for this server"));
    sign_file(kProducts);
    EXPECT_EQ(refusal(), "") << "what was missing is asked for again";
}

TEST_F(ServerIndexTest, OneByteOfAnyDocument) {
    expect_keys();
    for (const auto* path : {kIndex, kProducts}) {
        tree_.put(kIndex, kIndexText);
        tree_.put(kProducts, products_text());
        sign_streams();
        tree_.damage(path);
        EXPECT_THAT(refusal(), StartsWith(url(path) + ": signature refused: the content was changed after it was signed"));
    }
    sign_streams();
    tree_.damage(std::string(kProducts) + ".gpg");
    EXPECT_THAT(refusal(), StartsWith(url(kProducts) + ": "));
}

TEST_F(ServerIndexTest, OnlyTheKeysOfTheServerCount) {
    sign_streams();
    expect_keys(stranger_);
    EXPECT_THAT(refusal(), HasSubstr("is not in the keyring"));
    access_.server.keyrings.push_back(good_.keyring);
    access_.server.fingerprints = {stranger_.fingerprint};
    EXPECT_THAT(refusal(), HasSubstr("is not one of the accepted keys"));
}

TEST_F(ServerIndexTest, ExpiredAndRevokedKeys) {
    const auto old = signer_->make_key("Old", "ed25519", "1d", "20200101T000000");
    tree_.put(std::string(kIndex) + ".gpg", sign(kIndexText, old, "20200101T120000"));
    expect_keys(old);
    EXPECT_THAT(refusal(), HasSubstr(old.fingerprint + " expired on 2020-01-02"));
    const auto lost = signer_->make_key("Lost");
    tree_.put(std::string(kIndex) + ".gpg", sign(kIndexText, lost));
    signer_->revoke(lost);
    expect_keys(lost);
    EXPECT_THAT(refusal(), HasSubstr(lost.fingerprint + " was revoked"));
}

TEST_F(ServerIndexTest, ClearSignedStreams) {
    expect_keys();
    tree_.put("streams/v1/index.sjson", signer_->clear_sign(kIndexText, good_));
    tree_.put("streams/v1/images.sjson", signer_->clear_sign(products_text(), good_));
    // What is signed counts, whatever stands beside it.
    tree_.put(kProducts, "{}");
    EXPECT_EQ(read().offers.size(), 1u);
    tree_.remove(kIndex);
    access_.flush_cache = true;
    EXPECT_EQ(read().offers.size(), 1u);
    tree_.damage("streams/v1/images.sjson");
    EXPECT_THAT(refusal(), StartsWith(url("streams/v1/images.sjson") + ": signature refused"));
}

// As simplestreams' own tools write it: each form of the index names products files of its form.
TEST_F(ServerIndexTest, NothingButClearSignedStreams) {
    constexpr auto kSignedIndex = "streams/v1/index.sjson";
    constexpr auto kSignedProducts = "streams/v1/images.sjson";
    std::string index = kIndexText;
    index.replace(index.find("images.json"), std::string("images.json").size(), "images.sjson");
    const auto serve = [&](const Signer::Key& key) {
        tree_.put(kSignedIndex, signer_->clear_sign(index, good_));
        tree_.put(kSignedProducts, signer_->clear_sign(products_text(), key));
    };
    tree_.remove(kIndex);
    tree_.remove(kProducts);
    access_.flush_cache = true;
    serve(good_);
    expect_keys();
    EXPECT_EQ(read().offers.size(), 1u);
    EXPECT_EQ(read().signer, good_.fingerprint);
    tree_.damage(kSignedProducts);
    EXPECT_THAT(refusal(), StartsWith(url(kSignedProducts) + ": signature refused"));
    serve(stranger_);
    EXPECT_THAT(refusal(), HasSubstr("is not in the keyring"));
    serve(good_);
    tree_.put(kSignedProducts, tree_.get(kSignedProducts) + "{}\n");
    EXPECT_THAT(refusal(), HasSubstr("text stands after the signed block"));
    tree_.put(kSignedProducts, products_text());
    EXPECT_THAT(refusal(), HasSubstr("not a clear-signed message"));
    tree_.remove(kSignedProducts);
    EXPECT_THAT(refusal(), StartsWith(url(kSignedProducts) + ": the server's index names it, but it is not there"));
    access_.server.keyrings.clear();
    access_.validate = false;
    serve(stranger_);
    EXPECT_EQ(read().offers.size(), 1u);
    EXPECT_EQ(read().how, "index over plain http");
}

TEST_F(ServerIndexTest, ClassicWhereThereAreNoStreams) {
    serve_classic();
    access_.validate = false;
    const auto index = read();
    EXPECT_EQ(index.protocol, ServerProtocol::Classic);
    ASSERT_EQ(index.offers.size(), 1u);
    EXPECT_EQ(index.offers[0].release, "trixie");
    tree_.put("meta/1.0/index-user.7", "alpine;edge;amd64;default;20260102_05:24;/a/\n");
    access_.flush_cache = true;
    EXPECT_EQ(read().offers.at(0).distribution, "alpine");
    access_.unprivileged = false;
    tree_.put("meta/1.0/index-system", "arch;current;amd64;default;20260102_05:24;/b/\n");
    EXPECT_EQ(read().offers.at(0).distribution, "arch");
}

TEST_F(ServerIndexTest, ClassicIsSignedToo) {
    serve_classic();
    expect_keys();
    EXPECT_THAT(refusal(), StartsWith(url(kClassic) + ": there are keys for this server"));
    sign_file(kClassic, ".asc");
    EXPECT_EQ(read().how, "index signed by " + good_.fingerprint);
    tree_.damage(kClassic);
    access_.flush_cache = true;
    EXPECT_THAT(refusal(), StartsWith(url(kClassic) + ": signature refused"));
}

TEST_F(ServerIndexTest, OnlyTheProtocolThatIsConfigured) {
    access_.validate = false;
    tree_.put(kClassic, kClassicText);
    access_.server.protocol = ServerProtocol::Classic;
    EXPECT_EQ(read().protocol, ServerProtocol::Classic);
    serve_classic();
    access_.server.protocol = ServerProtocol::Simplestreams;
    EXPECT_THAT(refusal(), HasSubstr("this is no image server"));
}

TEST_F(ServerIndexTest, NoImageServer) {
    tree_.remove(kIndex);
    access_.validate = false;
    EXPECT_EQ(refusal(), access_.server.url + ": this is no image server: it has neither streams/v1/index.json nor meta/1.0/index-user");
    tree_.put(kIndex, "<html>");
    access_.flush_cache = true;
    EXPECT_THAT(refusal(), StartsWith(url(kIndex) + ": "));
    tree_.put(kIndex, R"({"format": "index:1.0", "index": {"x": {"datatype": "image-downloads", "path": "../../x.json"}}})");
    EXPECT_THAT(refusal(), HasSubstr("a path that leaves its directory"));
}

TEST_F(ServerIndexTest, IsKeptForAnHour) {
    access_.validate = false;
    (void)read();
    const auto first = requests();
    EXPECT_TRUE(read().from_disk);
    EXPECT_EQ(requests(), first);
    age(3601);
    EXPECT_FALSE(read().from_disk);
    EXPECT_EQ(requests(), 2 * first);
    EXPECT_NE(server_->requests().back().header("if-none-match"), "");
    EXPECT_TRUE(read().from_disk) << "unchanged is as good as fetched";
    age(-7200); // a clock that was set back
    EXPECT_FALSE(read().from_disk);
    access_.flush_cache = true;
    EXPECT_FALSE(read().from_disk);
}

TEST_F(ServerIndexTest, AnOldOneServesWhenTheServerIsAway) {
    access_.validate = false;
    (void)read();
    age(7200);
    server_.reset();
    EXPECT_EQ(read().offers.size(), 1u);
    ASSERT_THAT(listener_.messages, testing::SizeIs(2));
    EXPECT_THAT(listener_.messages[0], StartsWith("warning: fetch " + url(kIndex)));
    EXPECT_THAT(listener_.messages[0], HasSubstr(" UTC is used"));
    access_.flush_cache = true;
    EXPECT_THAT(refusal(), StartsWith("fetch " + url(kIndex)));
}

TEST_F(ServerIndexTest, WhatIsDamagedOnTheDiskIsAskedForAgain) {
    access_.validate = false;
    (void)read();
    for (const auto& name : sys::list_dir(dir_.path() / "indexes")) {
        const auto file = dir_.path() / "indexes" / name;
        sys::write_file_atomic(file, sys::read_file(file) + " ");
    }
    EXPECT_FALSE(read().from_disk);
}

TEST_F(ServerIndexTest, WhatIsKeptIsVerifiedAgain) {
    sign_streams();
    access_.validate = false;
    (void)read();
    access_.validate = true;
    expect_keys(stranger_);
    EXPECT_THAT(refusal(), HasSubstr("is not in the keyring"));
    expect_keys();
    EXPECT_EQ(read().signer, good_.fingerprint);
}

TEST_F(ServerIndexTest, RefusesAnOlderSignature) {
    const auto key = signer_->make_key("Since 2020", "ed25519", "0", "20200101T000000");
    expect_keys(key);
    access_.flush_cache = true;
    const auto sign_at = [&](const std::string& when) {
        for (const auto* path : {kIndex, kProducts})
            tree_.put(std::string(path) + ".gpg", sign(tree_.get(path), key, when));
    };
    sign_at("20260301T000000");
    (void)read();
    sign_at("20260201T000000");
    EXPECT_THAT(refusal(), StartsWith(url(kIndex) + ": it was signed on 2026-02-01 00:00:00, but one of 2026-03-01 00:00:00 was seen"));
    access_.allow_rollback = true;
    EXPECT_EQ(read().offers.size(), 1u);
    access_.allow_rollback = false;
    EXPECT_EQ(refusal(), "") << "what was allowed is what will be compared with";
}
