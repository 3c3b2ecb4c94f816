// SPDX-License-Identifier: Apache-2.0
#include "image/image_server.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "gpg_fixture.h"
#include "served_tree.h"
#include "streams_tree.h"
#include "support/error_of.h"
#include "sys/file.h"
#include "sys/temp_dir.h"
#include "tar_builder.h"

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

// One build: what its files hold, and where they are.
struct Build {
    std::string serial;
    std::string metadata;
    std::string root;
    [[nodiscard]] std::string path(const std::string& leaf) const { return "images/debian/trixie/amd64/default/" + serial + "/" + leaf; }
    [[nodiscard]] std::string fingerprint() const { return sha256_hex(metadata + root); }
};

Build make_build(const std::string& serial) {
    return {serial, make_tar(TarMember{.name = "metadata.yaml", .data = "architecture: x86_64\ncreation_date: 1767225600\n"}),
            make_tar(TarMember{.name = "etc", .type = '5', .data = {}, .mode = "0000755"}, TarMember{.name = "etc/serial", .data = serial})};
}

std::string item(const std::string& type, const std::string& path, const std::string& content, const std::string& more = {}) {
    return fmt::format(R"("{}": {{"ftype": "{}", "path": "{}", "size": {}, "sha256": "{}"{}}})", type, type, path, content.size(),
                       sha256_hex(content), more);
}

std::string version(const Build& build, const std::string& combined) {
    return fmt::format(R"("{}": {{"items": {{{}, {}}}}})", build.serial,
                       item("incus.tar.xz", build.path("incus.tar.xz"), build.metadata,
                            fmt::format(R"(, "combined_rootxz_sha256": "{}")", combined)),
                       item("root.tar.xz", build.path("rootfs.tar.xz"), build.root));
}

std::string products(const std::string& versions, const std::string& more = {}) {
    return fmt::format(R"({{"format": "products:1.0", "datatype": "image-downloads", "products": {{"debian:trixie:amd64:default":
        {{"arch": "amd64", "os": "Debian", "release": "trixie", "aliases": "debian/trixie,debian/13,stable", {}
        "requirements": {{"cgroup": "v2"}}, "versions": {{{}}}}}}}}})", more, versions);
}

} // namespace

class ImageServerTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        signer_ = std::make_unique<Signer>();
        key_ = signer_->make_key("images");
    }
    static void TearDownTestSuite() { signer_.reset(); }

    ImageServerTest()
        : dir_("/tmp", "lxcpp-server-"), store_(ImageStore::open(dir_.path())), cache_(ImageCache::open(store_.directory())),
          server_(std::in_place, std::ref(tree_)) {
        for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
        request_.access.server = {.name = "test", .url = server_->url(""), .keyrings = {}, .fingerprints = {}};
        request_.access.validate = false;
        request_.name = "debian/13/amd64";
        tree_.put(kIndex, kIndexText);
        serve({make_build("20260101_05:24")});
    }

    void serve(const std::vector<Build>& builds, const std::string& more = {}) {
        std::vector<std::string> versions;
        for (const Build& build : builds) {
            tree_.put(build.path("incus.tar.xz"), build.metadata);
            tree_.put(build.path("rootfs.tar.xz"), build.root);
            versions.push_back(version(build, build.fingerprint()));
        }
        tree_.put(kProducts, products(join(versions, ","), more));
    }
    void serve_classic(const Build& build) {
        tree_.remove(kIndex);
        request_.name = "debian/trixie/amd64"; // that index has no other names
        tree_.put("meta/1.0/index-user", fmt::format("debian;trixie;amd64;default;{};/{}\n", build.serial, build.path("")));
        tree_.put(build.path("meta.tar.xz"), make_tar(TarMember{.name = "config", .data = "lxc.arch = x86_64\n"}));
        tree_.put(build.path("rootfs.tar.xz"), build.root);
    }
    void sign(const std::string& path, const std::string& suffix) {
        tree_.put(path + suffix, signer_->sign("--detach-sign", tree_.get(path), {"-u", key_.fingerprint, "--armor"}));
    }
    void validate() {
        request_.access.validate = true;
        request_.access.server.keyrings = {key_.keyring};
    }
    ImageRecord fetch() { return fetch_server_image(request_, store_, cache_, http_, listener_); }
    std::string refusal() {
        return error_of([&] { return fetch(); });
    }
    [[nodiscard]] std::string serial_in(const ImageRecord& record) const {
        return sys::read_file(store_.tree_path(record.trees.at(0)) / "etc/serial");
    }
    [[nodiscard]] std::size_t requests() const { return server_->requests().size(); }
    [[nodiscard]] std::size_t downloads_left() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(store_.directory() / "files"))
            count += entry.is_regular_file() ? 1u : 0u;
        return count;
    }

    static std::unique_ptr<Signer> signer_;
    static Signer::Key key_;
    sys::TempDir dir_;
    ImageStore store_;
    ImageCache cache_;
    ServedTree tree_;
    std::optional<HttpServer> server_;
    HttpClient http_{{.retries = 0, .first_backoff = 1ms}};
    Listener listener_;
    ServerImageRequest request_;
};
std::unique_ptr<Signer> ImageServerTest::signer_;
Signer::Key ImageServerTest::key_;

TEST_F(ImageServerTest, BringsTheNewestBuild) {
    serve({make_build("20260101_05:24"), make_build("20260110_05:24"), make_build("20260102_05:24")});
    const auto record = fetch();
    EXPECT_EQ(record.fingerprint, make_build("20260110_05:24").fingerprint());
    EXPECT_EQ(serial_in(record), "20260110_05:24");
    EXPECT_EQ(record.distribution + "/" + record.release + "/" + record.variant, "debian/trixie/default");
    EXPECT_EQ(record.architecture, "x86_64");
    EXPECT_EQ(record.protocol, "simplestreams");
    EXPECT_EQ(record.source, request_.access.server.url);
    EXPECT_EQ(record.refresh, "debian/trixie/default/amd64");
    EXPECT_EQ(record.created, 1767225600);
    EXPECT_EQ(record.properties.at("requirements.cgroup"), "v2");
    EXPECT_EQ(store_.find(record.fingerprint), record);
    EXPECT_EQ(downloads_left(), 0u);
}

TEST_F(ImageServerTest, ByAliasWordsAndBuild) {
    serve({make_build("20260101_05:24"), make_build("20260110_05:24")});
    request_.name = "stable";
    request_.wanted.architecture = "x86_64";
    EXPECT_EQ(fetch().serial, "20260110_05:24");
    request_.wanted.serial = "20260101_05:24";
    EXPECT_EQ(fetch().serial, "20260101_05:24");
    request_.name.clear();
    request_.wanted = {.distribution = "Debian", .release = "13", .architecture = "amd64", .serial = {}};
    EXPECT_EQ(fetch().serial, "20260110_05:24");
    request_.name = "debian/14";
    EXPECT_EQ(refusal(), "test: debian has no release 14; it has trixie");
}

TEST_F(ImageServerTest, WhatIsHereIsNotFetchedAgain) {
    const auto first = fetch();
    const auto before = requests();
    EXPECT_EQ(fetch().fingerprint, first.fingerprint);
    EXPECT_EQ(requests(), before) << "within the hour not even the index";
    EXPECT_EQ(listener_.messages.back(), "debian/trixie/default/amd64 20260101_05:24 is here already");
    request_.access.flush_cache = true;
    (void)fetch();
    EXPECT_EQ(requests(), before + 2) << "index.json and images.json";
}

TEST_F(ImageServerTest, DownloadsOfAnInterruptedRunGoWhenTheImageIsHere) {
    const auto record = fetch();
    const auto build = make_build("20260101_05:24");
    sys::write_file_atomic(cache_.file_path(sha256_hex(build.root)), build.root);
    sys::write_file_atomic(cache_.file_path(sha256_hex(build.metadata)).string() + ".part", "half");
    EXPECT_EQ(fetch().fingerprint, record.fingerprint);
    EXPECT_EQ(downloads_left(), 0u);
}

TEST_F(ImageServerTest, AnImageThatIsNotWholeIsFetchedAgain) {
    const auto record = fetch();
    const auto serial = store_.tree_path(record.trees.at(0)) / "etc/serial";
    sys::remove_file(serial);
    (void)fetch();
    EXPECT_FALSE(sys::exists(serial)) << "nobody looked into the tree";
    cache_.doubt(record.trees.at(0));
    (void)fetch();
    EXPECT_TRUE(sys::exists(serial));
    sys::write_file_atomic(store_.directory() / "images" / record.fingerprint / "record", "damaged");
    EXPECT_EQ(fetch().fingerprint, record.fingerprint);
    EXPECT_TRUE(store_.find_whole(record.fingerprint));
}

TEST_F(ImageServerTest, SaysAndRecordsWhatWasVerified) {
    const auto unverified = fetch();
    EXPECT_FALSE(unverified.verified);
    EXPECT_EQ(unverified.verification, "--no-validate: no signature was looked at; index over plain http; sha256 of each part");
    EXPECT_EQ(listener_.messages.back(), "debian/trixie/default/amd64 20260101_05:24: warning: not verified: " + unverified.verification);
    validate();
    EXPECT_THAT(refusal(), HasSubstr("there are keys for this server"));
    sign(kIndex, ".gpg");
    sign(kProducts, ".gpg");
    const auto verified = fetch();
    EXPECT_TRUE(verified.verified) << "the same image, now by a signed digest";
    EXPECT_EQ(verified.signer, key_.fingerprint);
    EXPECT_EQ(verified.verification, "index signed by " + key_.fingerprint + "; sha256 of the image");
    EXPECT_EQ(store_.find(verified.fingerprint), verified);
}

TEST_F(ImageServerTest, SignedFromTheStart) {
    validate();
    sign(kIndex, ".gpg");
    sign(kProducts, ".gpg");
    const auto record = fetch();
    EXPECT_TRUE(record.verified);
    EXPECT_EQ(listener_.messages.back(), "debian/trixie/default/amd64 20260101_05:24: verified: index signed by " + key_.fingerprint +
                                             "; sha256 of each part");
}

TEST_F(ImageServerTest, BothPartsTogetherMustBeTheImage) {
    const auto build = make_build("20260101_05:24");
    tree_.put(kProducts, products(version(build, std::string(64, 'c'))));
    EXPECT_THAT(refusal(), HasSubstr("the image hashes to " + build.fingerprint() + ", expected " + std::string(64, 'c')));
    EXPECT_THAT(store_.list(), IsEmpty());
    EXPECT_THAT(sys::list_dir(store_.directory() / "trees"), IsEmpty());
}

TEST_F(ImageServerTest, OneByteOfAPart) {
    const auto build = make_build("20260101_05:24");
    tree_.damage(build.path("rootfs.tar.xz"));
    EXPECT_THAT(refusal(), StartsWith("fetch " + server_->url("/" + build.path("rootfs.tar.xz")) + ": sha256 is "));
    EXPECT_THAT(store_.list(), IsEmpty());
}

TEST_F(ImageServerTest, RefusesAnOlderNewestBuild) {
    request_.access.flush_cache = true;
    serve({make_build("20260102_05:24")});
    (void)fetch();
    serve({make_build("20260101_05:24")});
    EXPECT_THAT(refusal(), StartsWith(request_.access.server.url + ": the newest build of debian:trixie:amd64:default is 20260101_05:24, but "
                                                                   "20260102_05:24 was seen there before"));
    request_.access.allow_rollback = true;
    EXPECT_EQ(fetch().serial, "20260101_05:24");
}

TEST_F(ImageServerTest, ABuildThatWasTakenAwaySinceIsNoError) {
    (void)read_server_index(request_.access, cache_, http_, listener_);
    const auto gone = make_build("20260101_05:24");
    for (const auto* leaf : {"incus.tar.xz", "rootfs.tar.xz"}) tree_.remove(gone.path(leaf));
    serve({make_build("20260102_05:24")});
    EXPECT_EQ(fetch().serial, "20260102_05:24");
}

TEST_F(ImageServerTest, TellsWhatHasExpired) {
    serve({make_build("20260101_05:24")}, R"("support_eol": "2020-02-29",)");
    const auto* warning = "warning: debian/trixie/default/amd64 20260101_05:24 has expired on 2020-02-29, by its server or itself: it may get no updates";
    EXPECT_EQ(fetch().expires, 1582934400);
    EXPECT_EQ(listener_.messages.back(), warning);
    listener_.messages.clear();
    (void)fetch();
    EXPECT_EQ(listener_.messages.back(), warning) << "also of one that is here";
}

TEST_F(ImageServerTest, ForceCacheAsksNobody) {
    request_.force_cache = true;
    const auto first = fetch();
    EXPECT_EQ(first.serial, "20260101_05:24") << "the store had none";
    server_.reset();
    for (const auto* name : {"debian/trixie/amd64", "debian/13/amd64", "stable/amd64"}) {
        request_.name = name;
        EXPECT_EQ(fetch().fingerprint, first.fingerprint) << name;
    }
    request_.name = "debian/12/amd64";
    EXPECT_NE(refusal(), "");
}

TEST_F(ImageServerTest, ClassicTree) {
    const auto build = make_build("20260101_05:24");
    serve_classic(build);
    const auto record = fetch();
    EXPECT_EQ(record.fingerprint, sha256_hex(tree_.get(build.path("meta.tar.xz")) + build.root));
    EXPECT_EQ(record.protocol, "classic");
    EXPECT_EQ(serial_in(record), build.serial);
    EXPECT_THAT(record.verification, testing::EndsWith("nothing for the parts: the server names no digests"));
    const auto before = requests();
    EXPECT_EQ(fetch().fingerprint, record.fingerprint);
    EXPECT_EQ(requests(), before);
}

TEST_F(ImageServerTest, WhatWasNotVerifiedIsFetchedAgainToBe) {
    const auto build = make_build("20260101_05:24");
    serve_classic(build);
    EXPECT_FALSE(fetch().verified);
    validate();
    sign("meta/1.0/index-user", ".asc");
    EXPECT_THAT(refusal(), HasSubstr("there are keys for this server"));
    for (const auto* leaf : {"meta.tar.xz", "rootfs.tar.xz"}) sign(build.path(leaf), ".asc");
    const auto record = fetch();
    EXPECT_TRUE(record.verified);
    EXPECT_EQ(record.signer, key_.fingerprint);
    EXPECT_EQ(store_.find(record.fingerprint), record);
}

TEST_F(ImageServerTest, ANewerOneIsAskedForWhereItCameFrom) {
    const auto record = fetch();
    Paths paths;
    paths.config = dir_.path();
    paths.data = dir_.path();
    const auto request = refresh_request(record, ImageServers::load(paths));
    EXPECT_EQ(request.access.server.url, record.source);
    EXPECT_EQ(request.name, "debian/trixie/default/amd64");
    EXPECT_TRUE(request.access.validate);
    ImageRecord imported = record;
    imported.protocol = "import";
    EXPECT_EQ(error_of([&] { return refresh_request(imported, ImageServers::load(paths)); }),
              "it came by import from " + record.source + ", which cannot be asked for a newer one");
}
