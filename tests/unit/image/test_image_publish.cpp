// SPDX-License-Identifier: Apache-2.0
#include "image/image_publish.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;

class PublishTest : public testing::Test {
protected:
    PublishTest() : store_(ImageStore::open(dir_ / "cache")), cache_(ImageCache::open(dir_ / "cache/images")) {
        put("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n");
        put("etc/hostname", "web\n");
        put("etc/hosts", "127.0.0.1 localhost\n127.0.1.1\tweb web.example\n");
        put("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        put("etc/ssh/ssh_host_ed25519_key", "secret");
        put("etc/ssh/sshd_config", "Port 22\n");
        put("var/lib/dhcp/dhclient.eth0.leases", "lease");
        put("run/pid", "1");
        put("tmp/left", "x");
        put("srv/data", "kept");
    }

    void put(const std::string& path, const std::string& content) {
        fs::create_directories((dir_ / "root" / path).parent_path());
        sys::write_file_atomic(dir_ / "root" / path, content);
    }

    ImageRecord publish(PublishOptions options = {}) {
        options.hostname = "web";
        options.record.architecture = "x86_64";
        SilentProgress silent;
        return publish_tree(sys::RootedDir::open(dir_ / "root"), store_, cache_, options, silent);
    }
    [[nodiscard]] std::string published(const ImageRecord& record, const std::string& path) const {
        return sys::read_file(store_.tree_path(record.trees.at(0)) / path);
    }
    [[nodiscard]] bool exists(const ImageRecord& record, const std::string& path) const {
        return fs::exists(store_.tree_path(record.trees.at(0)) / path);
    }

    test::TempDir dir_;
    ImageStore store_;
    ImageCache cache_;
};

TEST_F(PublishTest, TakesWhatItIsFromTheTree) {
    const auto record = publish({.record = {.created = 1'700'000'000}});
    EXPECT_EQ(record.distribution, "debian");
    EXPECT_EQ(record.release, "bookworm");
    EXPECT_EQ(record.properties.at("version"), "12");
    EXPECT_EQ(record.variant, "default");
    EXPECT_EQ(record.serial, "20231114_22:13");
    EXPECT_EQ(record.description, "debian bookworm x86_64 (20231114_22:13)");
    EXPECT_EQ(publish({.record = {.distribution = "mine", .created = 1'700'000'000}}).distribution, "mine");
    // The same tree at the same time is the same image.
    EXPECT_EQ(publish({.record = {.created = 1'700'000'000}}).fingerprint, record.fingerprint);
}

TEST_F(PublishTest, DescribesWhatSaysNothingOfItself) {
    fs::remove(dir_ / "root/etc/os-release");
    EXPECT_EQ(publish({.record = {.created = 1'700'000'000}}).description, "x86_64 (20231114_22:13)");
}

TEST_F(PublishTest, LeavesOutWhatIsOfOneMachine) {
    const auto record = publish();
    EXPECT_EQ(published(record, "srv/data"), "kept");
    EXPECT_EQ(published(record, "etc/machine-id"), "");
    EXPECT_TRUE(exists(record, "etc/ssh/sshd_config"));
    for (const char* gone : {"etc/ssh/ssh_host_ed25519_key", "var/lib/dhcp/dhclient.eth0.leases", "run/pid", "tmp/left"})
        EXPECT_FALSE(exists(record, gone)) << gone;
    EXPECT_TRUE(exists(record, "run"));
    EXPECT_TRUE(exists(record, "tmp"));
}

TEST_F(PublishTest, ItsContainersGetTheirOwnNames) {
    const auto record = publish();
    EXPECT_EQ(published(record, "etc/hostname"), "LXC_NAME\n");
    EXPECT_EQ(published(record, "etc/hosts"), "127.0.0.1 localhost\n127.0.1.1\tLXC_NAME web.example\n");
    const auto content = store_.content(record.fingerprint);
    EXPECT_EQ(content.substitute, (std::vector<std::string>{"/etc/hostname", "/etc/hosts"}));
    ASSERT_EQ(content.templates.size(), 2u);
    EXPECT_EQ(content.templates[1].text, "127.0.0.1 localhost\n127.0.1.1\t{{ container.name }} web.example\n");
    EXPECT_EQ(content.templates[1].when, (std::vector<std::string>{"create", "copy"}));
}

TEST_F(PublishTest, WhatCannotBePackedIsNoImage) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    ASSERT_EQ(::lchown((dir_ / "root/srv/data").c_str(), 3'000'000, 0), 0);
    EXPECT_EQ(test::error_of([&] { publish(); }), "pack 'srv/data': it belongs to 3000000, which is none of the ids from 0 on");
    EXPECT_TRUE(store_.fingerprints().empty());
    for (const char* place : {"trees", "tmp", "sums"}) EXPECT_TRUE(fs::is_empty(cache_.directory() / place)) << place;
}

TEST_F(PublishTest, MayKeepEverything) {
    const auto record = publish({.keep_identity = true, .excludes = {"srv"}});
    EXPECT_EQ(published(record, "etc/hostname"), "web\n");
    EXPECT_TRUE(exists(record, "etc/ssh/ssh_host_ed25519_key"));
    EXPECT_FALSE(exists(record, "srv"));
}

} // namespace
} // namespace lxcpp::image
