// SPDX-License-Identifier: Apache-2.0
#include "image/image_import.h"

#include "base/sha256.h"
#include "image/tree_check.h"
#include "image_builder.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <unistd.h>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ImportTest : public testing::Test {
protected:
    ImportTest() : store_(ImageStore::open(dir_.path())), trees_(ImageCache::open(store_.directory())) {}

    Fd file(const std::string& name, const std::string& content) { return file_of(dir_ / name, content); }
    ImageParts split_parts(const std::string& root = root_archive(), const std::string& metadata = incus_archive()) {
        return {.metadata = file("incus.tar", metadata), .metadata_name = "incus.tar", .lxc_metadata = {}, .lxc_metadata_name = {},
                .root = file("rootfs.tar", root), .root_name = "rootfs.tar"};
    }
    ImageParts combined_parts(const std::string& archive = combined_archive()) {
        return {.metadata = file("image.tar", archive), .metadata_name = "image.tar", .lxc_metadata = {}, .lxc_metadata_name = {},
                .root = {}, .root_name = {}};
    }
    ImageRecord import(ImageParts parts, const ImportOptions& options = {}) {
        SilentProgress silent;
        return import_image(store_, trees_, std::move(parts), options, silent);
    }
    std::string refused(ImageParts parts, const ImportOptions& options = {}) {
        return error_of([&] { (void)import(std::move(parts), options); });
    }
    [[nodiscard]] std::string read(const ImageRecord& record, std::string_view path) const {
        return sys::read_file(store_.tree_path(record.trees.at(0)) / path);
    }
    void expect_nothing_there() const {
        EXPECT_THAT(store_.list(), IsEmpty());
        EXPECT_THAT(trees_.list(), IsEmpty());
        EXPECT_THAT(sys::list_dir(store_.directory() / "images"), IsEmpty());
        EXPECT_THAT(sys::list_dir(store_.directory() / "sums"), IsEmpty());
    }

    test::TempDir dir_;
    ImageStore store_;
    ImageCache trees_;
};

TEST_F(ImportTest, ASplitImageIsNamedByTheHashOfBothParts) {
    const ImageRecord record = import(split_parts(), {.record = {.protocol = "import", .source = "/x"}});
    EXPECT_EQ(record.fingerprint, sha256_hex(incus_archive() + root_archive()));
    EXPECT_THAT(record.trees, ElementsAre(record.fingerprint));
    EXPECT_EQ(record.distribution, "debian");
    EXPECT_EQ(record.protocol, "import");
    EXPECT_FALSE(record.verified);
    EXPECT_GT(record.size, 0u);
    EXPECT_GT(record.added, 0);
    EXPECT_EQ(read(record, "etc/motd"), "welcome\n");
    EXPECT_EQ(store_.find(record.fingerprint), record);
    EXPECT_EQ(store_.content(record.fingerprint).templates.size(), 2u);
    SilentProgress silent;
    EXPECT_EQ(sum_tree(sys::RootedDir::open(store_.tree_path(record.fingerprint)), "", silent), trees_.use_tree(record.fingerprint)->sums());
}

TEST_F(ImportTest, ACombinedImageIsNamedByItsOwnHash) {
    const ImageRecord record = import(combined_parts());
    EXPECT_EQ(record.fingerprint, sha256_hex(combined_archive()));
    EXPECT_EQ(record.release, "bookworm");
    EXPECT_EQ(read(record, "etc/issue"), "welcome\n"); // a hard link within rootfs/
    EXPECT_FALSE(fs::exists(store_.tree_path(record.fingerprint) / "metadata.yaml"));
    EXPECT_FALSE(fs::exists(store_.tree_path(record.fingerprint) / "rootfs"));
}

TEST_F(ImportTest, ABareRootIsWhatTheCallerSays) {
    ImageParts parts{.metadata = {}, .metadata_name = {}, .lxc_metadata = {}, .lxc_metadata_name = {},
                     .root = file("rootfs.tar", root_archive()), .root_name = "rootfs.tar"};
    const ImageRecord record = import(std::move(parts), {.record = {.distribution = "mine", .architecture = "x86_64"}});
    EXPECT_EQ(record.fingerprint, sha256_hex(root_archive()));
    EXPECT_EQ(record.distribution, "mine");
    EXPECT_EQ(store_.content(record.fingerprint), ImageContent{});
}

TEST_F(ImportTest, WhatTheMetadataDoesNotSayIsInTheRoot) {
    const std::string root = root_members() +
                             tar_member({.name = "./etc/os-release", .data = "ID=testix\nVERSION_ID=7\nVERSION_CODENAME=seven\nPRETTY_NAME='Testix 7'\n"}) +
                             tar_end();
    ImageRecord record = import({.metadata = {}, .metadata_name = {}, .lxc_metadata = {}, .lxc_metadata_name = {}, .root = file("rootfs.tar", root), .root_name = "rootfs.tar"});
    EXPECT_EQ(record.distribution, "testix");
    EXPECT_EQ(record.release, "seven");
    EXPECT_EQ(record.properties.at("version"), "7");
    EXPECT_EQ(record.description, "Testix 7");
    record = import(split_parts(root)); // whose metadata says something else
    EXPECT_EQ(record.distribution, "debian");
    EXPECT_NE(record.release, "seven");
}

TEST_F(ImportTest, WhatIsKnownBeforehandCounts) {
    const ImageRecord record = import(split_parts(), {.record = {.release = "trixie", .serial = "1", .expires = 5}});
    EXPECT_EQ(record.release, "trixie");
    EXPECT_EQ(record.serial, "1");
    EXPECT_EQ(record.expires, 5);
    EXPECT_EQ(record.variant, "default");
}

TEST_F(ImportTest, LxcConfigurationBesideAnIncusImage) {
    ImageParts parts = split_parts();
    parts.lxc_metadata = file("meta.tar", make_tar(TarMember{.name = "config", .data = "lxc.arch = x86_64\n"},
                                                   TarMember{.name = "excludes-user", .data = "./dev/*\n"}));
    parts.lxc_metadata_name = "meta.tar";
    const ImageRecord record = import(std::move(parts));
    EXPECT_EQ(record.fingerprint, sha256_hex(incus_archive() + root_archive()));
    EXPECT_EQ(store_.content(record.fingerprint).config, "lxc.arch = x86_64\n");
    EXPECT_EQ(store_.content(record.fingerprint).templates.size(), 2u);
    EXPECT_TRUE(fs::exists(store_.tree_path(record.fingerprint) / "dev"));
    EXPECT_FALSE(fs::exists(store_.tree_path(record.fingerprint) / "dev/stray"));
}

TEST_F(ImportTest, RefusesAnImageOfAnotherHash) {
    std::string flipped = root_archive();
    flipped[flipped.find("welcome")] = 'W'; // in the motd
    const ImportOptions expected{.record = {.fingerprint = sha256_hex(incus_archive() + root_archive())}};
    EXPECT_EQ(refused(split_parts(flipped), expected),
              "rootfs.tar: the image hashes to " + sha256_hex(incus_archive() + flipped) + ", expected " + expected.record.fingerprint);
    EXPECT_THAT(refused(split_parts(root_archive(), incus_archive("architecture: y\n")), expected), HasSubstr("the image hashes to"));
    expect_nothing_there();
    EXPECT_EQ(refused(split_parts(), expected), "");
}

TEST_F(ImportTest, RefusesAFingerprintThatIsNone) {
    for (const char* bad : {"../../x", "ABC", "sha256:0000"}) {
        EXPECT_EQ(refused(split_parts(), {.record = {.fingerprint = bad}}), "\"" + std::string(bad) + "\" is no fingerprint of an image");
    }
    expect_nothing_there();
}

TEST_F(ImportTest, NothingStaysOfAFailure) {
    EXPECT_THAT(refused(split_parts(root_members())), HasSubstr("rootfs.tar: it ends without an end mark"));
    EXPECT_THAT(refused(split_parts(make_tar(TarMember{.name = "../x"}))), HasSubstr("rootfs.tar: unpack '../x'"));
    EXPECT_THAT(refused(split_parts(root_archive(), root_archive())), HasSubstr("incus.tar: holds neither"));
    EXPECT_THAT(refused(combined_parts(incus_archive())), HasSubstr("image.tar: there is no root file system in it"));
    EXPECT_THAT(refused(combined_parts(root_members("rootfs/") + tar_end())), HasSubstr("image.tar: holds neither"));
    EXPECT_THAT(refused(combined_parts("no archive at all")), HasSubstr("image.tar: "));
    expect_nothing_there();
}

TEST_F(ImportTest, ARecordThatCannotBeKeptLeavesNoTree) {
    ImportOptions options;
    for (int i = 0; i < 3; ++i) options.record.volumes.emplace_back("/v");
    fs::remove(store_.directory() / "images");
    EXPECT_NE(refused(split_parts(), options), "");
    fs::create_directory(store_.directory() / "images");
    expect_nothing_there();
}

TEST_F(ImportTest, TheSameImageAgainKeepsTheTree) {
    const ImageRecord first = import(split_parts());
    const auto inode = sys::stat_path(store_.tree_path(first.fingerprint))->st_ino;
    EXPECT_EQ(import(split_parts()), first);
    EXPECT_EQ(sys::stat_path(store_.tree_path(first.fingerprint))->st_ino, inode);
}

TEST_F(ImportTest, WhatIsVerifiedStaysSo) {
    EXPECT_FALSE(import(split_parts()).verified);
    const ImportOptions better{.record = {.source = "server", .verified = true, .verification = "signed"}};
    EXPECT_TRUE(import(split_parts(), better).verified);
    const ImageRecord again = import(split_parts());
    EXPECT_TRUE(again.verified);
    EXPECT_EQ(again.verification, "signed");
    EXPECT_EQ(again.source, "server");
    EXPECT_EQ(again.release, "bookworm");
}

TEST_F(ImportTest, AnImageWithoutItsTreeIsUnpackedAgain) {
    const ImageRecord record = import(split_parts());
    ASSERT_TRUE(trees_.remove_tree(record.fingerprint));
    EXPECT_EQ(read(import(split_parts()), "etc/motd"), "welcome\n");
}

TEST_F(ImportTest, ADoubtedTreeIsUnpackedAgainAndWhatWasKnownStays) {
    const ImageRecord record = import(split_parts(), {.record = {.source = "server", .verified = true, .verification = "signed"}});
    fs::remove(store_.tree_path(record.fingerprint) / "etc/motd");
    EXPECT_EQ(import(split_parts()), record) << "it is there, as far as anybody knows";
    trees_.doubt(record.fingerprint);
    EXPECT_EQ(import(split_parts()), record);
    EXPECT_EQ(read(record, "etc/motd"), "welcome\n");
    EXPECT_EQ(trees_.list().size(), 1u);
}

TEST_F(ImportTest, ARecordThatCannotBeReadIsWrittenAnew) {
    const ImageRecord record = import(split_parts());
    const auto place = store_.directory() / "images" / record.fingerprint;
    for (const auto* name : {"record", "content"}) {
        sys::write_file_atomic(place / name, "damaged");
        EXPECT_EQ(import(split_parts()).fingerprint, record.fingerprint);
        EXPECT_EQ(store_.find_whole(record.fingerprint).value().trees, record.trees);
        EXPECT_EQ(store_.content(record.fingerprint).templates.size(), 2u);
    }
}

TEST_F(ImportTest, ATreeWhoseRecordIsLostStaysTheSame) {
    const ImageRecord record = import(split_parts());
    const auto inode = sys::stat_path(store_.tree_path(record.fingerprint))->st_ino;
    store_.remove(record.fingerprint);
    EXPECT_EQ(import(split_parts()).fingerprint, record.fingerprint);
    EXPECT_EQ(sys::stat_path(store_.tree_path(record.fingerprint))->st_ino, inode);
    EXPECT_EQ(trees_.list().size(), 1u);
}

TEST_F(ImportTest, TwoAtOnceUnpackOnce) {
    std::vector<ImageParts> parts;
    for (int i = 0; i < 4; ++i) parts.push_back(split_parts());
    std::vector<ImageRecord> records(parts.size());
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        threads.emplace_back([&, i] { records[i] = import(std::move(parts[i])); });
    }
    threads.clear();
    for (ImageRecord& record : records) {
        record.added = records[0].added; // not all within one second
        EXPECT_EQ(record, records[0]);
    }
    EXPECT_EQ(store_.list().size(), 1u);
    EXPECT_EQ(trees_.list().size(), 1u);
}

} // namespace
} // namespace lxcpp::image
