// SPDX-License-Identifier: Apache-2.0
#include "image/server_tree.h"

#include "base/sha256.h"
#include "gpg_fixture.h"
#include "image/classic_index.h"
#include "image/image_import.h"
#include "image/image_metadata.h"
#include "image/pack.h"
#include "image/simplestreams.h"
#include "image/streams_writer.h"
#include "image/sums_file.h"
#include "image/verify.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/cred.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "tar_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;

class ServerTreeTest : public testing::Test {
protected:
    ServerTreeTest() : store_(ImageStore::open(dir_ / "cache")), cache_(ImageCache::open(dir_ / "cache/images")) {}

    Fd file(const std::string& name, const std::string& content) {
        sys::write_file_atomic(dir_ / name, content);
        return sys::open_file(dir_ / name);
    }

    // Into the store; text makes it another image than others.
    StoredImage image(const std::string& serial, const std::string& text) {
        const std::string yaml = "architecture: x86_64\ncreation_date: 1700000000\nproperties:\n  os: Debian\n  release: bookworm\n"
                                 "  serial: \"" + serial + "\"\ntemplates:\n  /etc/hostname:\n    when: [create]\n    template: h.tpl\n";
        ImageParts parts;
        parts.metadata = file("m.tar", make_tar(TarMember{.name = "metadata.yaml", .data = yaml},
                                                TarMember{.name = "templates/h.tpl", .data = "{{ container.name }}\n"}));
        parts.metadata_name = "m.tar";
        parts.root = file("r.tar", make_tar(TarMember{.name = "etc/", .type = '5'}, TarMember{.name = "etc/x", .data = text}));
        parts.root_name = "r.tar";
        SilentProgress silent;
        return {import_image(store_, cache_, std::move(parts), {}, silent), {"our/alias"}};
    }

    ServerTreeChange update(const std::vector<StoredImage>& images, const ServerTreeOptions& options = {}) {
        SilentProgress silent;
        return update_server_tree(dir_ / "www", store_, images, options, silent);
    }
    [[nodiscard]] std::string read(const std::string& path) const { return sys::read_file(dir_ / "www" / path); }
    [[nodiscard]] std::vector<Offer> offers() const {
        return parse_streams_products(read("streams/v1/images.json"), "images.json");
    }

    test::TempDir dir_;
    ImageStore store_;
    ImageCache cache_;
};

TEST_F(ServerTreeTest, AReleaseIsFoundByItsNumber) {
    auto one = image("20260101_05:24", "one");
    one.record.properties["version"] = "12";
    (void)update({one});
    EXPECT_EQ(offers()[0].aliases, (std::vector<std::string>{"debian/12", "debian/12/default", "debian/bookworm",
                                                             "debian/bookworm/default", "our/alias"}));
    EXPECT_THAT(offers()[0].release_names, testing::Contains("12"));
    one.record.properties["version"] = "../x";
    (void)update({one});
    EXPECT_EQ(offers()[0].aliases.size(), 3u);
}

// Clients choose among those of their architecture.
TEST(StreamsDocument, EachArchitectureHasTheAliases) {
    StreamsDocument document;
    StreamsProduct product{.distribution = "debian", .release = "bookworm", .architecture = "amd64", .variant = "default", .aliases = {"debian/12"}, .requirements = {}};
    document.describe(product);
    product.architecture = "arm64";
    document.describe(product);
    product.variant = "cloud";
    document.describe(product);
    for (const Offer& offer : parse_streams_products(document.text(), "images.json")) {
        const bool moved = offer.architecture == "arm64" && offer.variant == "default";
        EXPECT_EQ(offer.aliases, moved ? std::vector<std::string>() : std::vector<std::string>{"debian/12"}) << offer.product;
    }
}

const std::string kProduct = "images/debian/bookworm/amd64/default/";

TEST_F(ServerTreeTest, OurOwnReadersUnderstandIt) {
    const auto change = update({image("20260101_05:24", "one")});
    EXPECT_EQ(change.added, (std::vector<std::string>{kProduct + "20260101_05:24"}));
    EXPECT_EQ(parse_streams_index(read("streams/v1/index.json"), "index.json"),
              (std::vector<std::string>{"streams/v1/images.json"}));
    const auto found = offers();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].distribution, "debian");
    EXPECT_EQ(found[0].architecture, "amd64");
    EXPECT_EQ(found[0].variant, "default");
    EXPECT_NE(std::ranges::find(found[0].aliases, "debian/bookworm"), found[0].aliases.end());
    EXPECT_NE(std::ranges::find(found[0].aliases, "our/alias"), found[0].aliases.end());
    const OfferedVersion& version = found[0].versions.at(0);
    for (const OfferedFile& one : version.files) {
        const std::string content = read(one.path);
        EXPECT_EQ(one.sha256, sha256_hex(content)) << one.path;
        EXPECT_EQ(one.size, content.size());
    }
    const FileRole roots[] = {FileRole::RootSquashfs, FileRole::RootTar};
    const auto files = choose_files(version, roots);
    EXPECT_EQ(files.fingerprint, sha256_hex(read(files.metadata->path) + read(files.root->path)));
    EXPECT_EQ(parse_sums_file(read(kProduct + "20260101_05:24/SHA256SUMS"), "x").size(), 4u);
    const auto classic = parse_classic_index(read("meta/1.0/index-system"), "index-system");
    ASSERT_EQ(classic.size(), 1u);
    EXPECT_EQ(read("meta/1.0/index-user"), "debian;bookworm;amd64;default;20260101_05:24;/" + kProduct + "20260101_05:24/\n");
}

TEST_F(ServerTreeTest, HasSquashfsImagesToo) {
    update({image("20260101_05:24", "one")}, {.squashfs = SquashfsOptions{}});
    const auto found = offers();
    ASSERT_EQ(found.size(), 1u);
    for (const FileRole role : {FileRole::RootSquashfs, FileRole::RootTar}) {
        const FileRole roots[] = {role};
        const auto files = choose_files(found[0].versions.at(0), roots);
        EXPECT_EQ(files.fingerprint, sha256_hex(read(files.metadata->path) + read(files.root->path)));
        EXPECT_EQ(files.root->sha256, sha256_hex(read(files.root->path)));
    }
    EXPECT_EQ(parse_sums_file(read(kProduct + "20260101_05:24/SHA256SUMS"), "x").size(), 5u);
}

TEST_F(ServerTreeTest, WhatIsImportedAgainIsTheSameImage) {
    const auto original = image("20260101_05:24", "one");
    update({original});
    const auto build = dir_ / "www" / kProduct / "20260101_05:24";
    ImageParts parts;
    parts.metadata = sys::open_file(build / "incus.tar.xz");
    parts.metadata_name = "incus.tar.xz";
    parts.lxc_metadata = sys::open_file(build / "meta.tar.xz");
    parts.lxc_metadata_name = "meta.tar.xz";
    parts.root = sys::open_file(build / "rootfs.tar.xz");
    parts.root_name = "rootfs.tar.xz";
    SilentProgress silent;
    const auto again = import_image(store_, cache_, std::move(parts), {}, silent);
    EXPECT_EQ(again.distribution, "debian");
    EXPECT_EQ(again.architecture, original.record.architecture);
    EXPECT_EQ(again.created, original.record.created);
    const auto content = store_.content(again.fingerprint);
    ASSERT_EQ(content.templates.size(), 1u);
    EXPECT_EQ(content.templates[0].text, "{{ container.name }}\n");
    EXPECT_EQ(content.config, "lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.arch = x86_64\n");
    EXPECT_EQ(cache_.use_tree(again.fingerprint)->sums(), cache_.use_tree(original.record.fingerprint)->sums());
}

TEST_F(ServerTreeTest, KeepsTheNewestBuildsAndWritesNothingTwice) {
    const auto first = image("20260101_05:24", "one");
    const auto second = image("20260102_05:24", "two");
    update({first, second});
    const auto written = fs::last_write_time(dir_ / "www" / kProduct / "20260102_05:24/rootfs.tar.xz");
    const auto change = update({second, image("20260103_05:24", "three")}, {.keep = 2});
    EXPECT_EQ(change.added, (std::vector<std::string>{kProduct + "20260103_05:24"}));
    EXPECT_EQ(change.removed, (std::vector<std::string>{kProduct + "20260101_05:24"}));
    EXPECT_EQ(sys::list_dir(dir_ / "www" / kProduct), (std::vector<std::string>{"20260102_05:24", "20260103_05:24"}));
    EXPECT_EQ(fs::last_write_time(dir_ / "www" / kProduct / "20260102_05:24/rootfs.tar.xz"), written);
    EXPECT_EQ(offers()[0].versions.size(), 2u);
    EXPECT_NE(read("meta/1.0/index-user").find(";20260103_05:24;"), std::string::npos);
    // An alias means the product that has it now.
    auto other = image("20260104_05:24", "four");
    other.record.release = "trixie";
    update({other});
    EXPECT_EQ(offers()[0].aliases, (std::vector<std::string>{"debian/bookworm", "debian/bookworm/default"}));
    EXPECT_NE(std::ranges::find(offers()[1].aliases, "our/alias"), offers()[1].aliases.end());
    // A build that somebody took away is not offered any more.
    fs::remove(dir_ / "www" / kProduct / "20260103_05:24/meta.tar.xz");
    update({});
    EXPECT_EQ(offers()[0].versions.size(), 1u);
}

TEST_F(ServerTreeTest, RefusesWhatHasNoPlace) {
    auto nameless = image("20260101_05:24", "one");
    nameless.record.release = "../..";
    EXPECT_NE(test::error_of([&] { update({nameless}); }).find("says '../..' for its release"), std::string::npos);
    EXPECT_FALSE(fs::exists(dir_ / "www"));
    update({image("20260101_05:24", "one")});
    EXPECT_NE(test::error_of([&] { update({image("20260101_05:24", "two")}); }).find("another image of that date"),
              std::string::npos);
    sys::write_file_atomic(dir_ / "www/streams/v1/images.json", "{}");
    EXPECT_NE(test::error_of([&] { update({}); }).find("not one of ours"), std::string::npos);
}

TEST_F(ServerTreeTest, AnybodyMayReadIt) {
    {
        const sys::ScopedUmask umask(077);
        update({image("20260101_05:24", "one")});
    }
    for (const auto& entry : fs::recursive_directory_iterator(dir_ / "www")) {
        if (entry.path().filename() == ".lock") continue;
        const auto wanted = entry.is_directory() ? fs::perms::others_read | fs::perms::others_exec : fs::perms::others_read;
        EXPECT_EQ(entry.status().permissions() & fs::perms::others_all, wanted) << entry.path();
    }
}

TEST_F(ServerTreeTest, OthersAreServedWhenOneCannotBe) {
    auto nameless = image("20260101_05:24", "one");
    nameless.record.distribution.clear();
    auto treeless = image("20260102_05:24", "two");
    cache_.remove_tree(treeless.record.fingerprint);
    std::vector<std::string> skipped;
    const auto change = update({nameless, treeless, image("20260103_05:24", "three")},
                               {.skipped = [&](const std::string& why) { skipped.push_back(why); }});
    EXPECT_EQ(change.added, (std::vector<std::string>{kProduct + "20260103_05:24"}));
    ASSERT_EQ(skipped.size(), 2u);
    EXPECT_NE(skipped[0].find("says '' for its distribution"), std::string::npos);
    EXPECT_NE(skipped[1].find("is gone"), std::string::npos);
    EXPECT_EQ(sys::list_dir(dir_ / "www" / kProduct), (std::vector<std::string>{"20260103_05:24"}));
}

TEST_F(ServerTreeTest, OneImageOfADateIsSeenBeforeAnotherIsPacked) {
    update({image("20260101_05:24", "one")});
    auto other = image("20260101_05:24", "two");
    cache_.remove_tree(other.record.fingerprint); // to pack it would fail
    EXPECT_EQ(test::error_of([&] { update({other}); }), kProduct + "20260101_05:24 has another image of that date already: give this one another serial");
}

TEST_F(ServerTreeTest, SignsWhatItWrites) {
    Signer gpg;
    const auto key = gpg.make_key("server");
    ::setenv("GNUPGHOME", gpg.home().c_str(), 1);
    const DocumentSigner signer(key.fingerprint);
    update({image("20260101_05:24", "one")}, {.signer = &signer});
    const std::string no_key = test::error_of([] { DocumentSigner("0123456789abcdef0123456789abcdef01234567"); });
    ::unsetenv("GNUPGHOME");
    EXPECT_EQ(no_key, "there is no secret key '0123456789abcdef0123456789abcdef01234567' in the GnuPG home: "
                      "'gpg --list-secret-keys' shows what is there");
    const VerifyOptions options{.keyrings = {key.keyring}, .fingerprints = {key.fingerprint}};
    for (const std::string name : {"streams/v1/index.json", "streams/v1/images.json"})
        EXPECT_EQ(verify_detached(read(name), read(name + ".gpg"), options).fingerprint, key.fingerprint);
    const auto sums = kProduct + "20260101_05:24/SHA256SUMS";
    EXPECT_EQ(verify_detached(read(sums), read(sums + ".asc"), options).fingerprint, key.fingerprint);
    EXPECT_EQ(verify_inline(read("streams/v1/images.sjson"), options).text, read("streams/v1/images.json"));
    update({}); // without a key nothing signed may stay behind
    EXPECT_FALSE(fs::exists(dir_ / "www/streams/v1/images.json.gpg"));
}

} // namespace
} // namespace lxcpp::image
