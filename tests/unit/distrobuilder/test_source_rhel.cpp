// SPDX-License-Identifier: Apache-2.0
// Which installations are the same: told before anything is downloaded.
#include "base/sha256.h"
#include "source_fixture.h"

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

class RhelIdentity : public SourceTest {
protected:
    RhelIdentity() {
        recipe_.image = {.release = "9", .architecture_mapped = "x86_64"};
        recipe_.source = {.downloader = "rockylinux-http", .url = server_.url("/rocky"), .keys = {material(*key_)}, .variant = "minimal", .sha256 = sha256_hex("iso")};
        for (const char* mirror : {"rocky", "boot"}) tree_.put(fmt::format("{}/9/isos/x86_64/", mirror), "<a href=\"Rocky-9.4-x86_64-minimal.iso\">");
        identity_ = identity();
    }
    std::string identity() {
        source_ = open();
        return source_->identity();
    }
    // The keys that lie in the directories of sources that there are.
    std::size_t keys() const {
        std::size_t number = 0;
        for (const std::string& name : sys::list_dir(cache_.scratch()))
            if (name.starts_with("keys-")) number += sys::list_dir(cache_.scratch() / name).size();
        return number;
    }
    std::string identity_;
};

TEST_F(RhelIdentity, HasTheKeys) {
    EXPECT_EQ(identity(), identity_);
    recipe_.source.keys = {material(*stranger_)};
    EXPECT_NE(identity(), identity_);
}

TEST_F(RhelIdentity, HasTheRepositories) {
    recipe_.source.url = server_.url("/boot");
    EXPECT_NE(identity(), identity_);
}

TEST_F(RhelIdentity, HasThePlaceOfPackagesInTheImage) {
    recipe_.source.url = server_.url("/any.iso");
    const std::string minimal = identity();
    recipe_.source.variant = "dvd";
    EXPECT_NE(identity(), minimal);
}

TEST_F(RhelIdentity, HasTheEnvironment) {
    recipe_.environment.variables = {{.key = "http_proxy", .value = "http://other"}};
    EXPECT_NE(identity(), identity_);
}

// How old the packages of a server may be is the user's choice, whatever the image is called.
TEST_F(RhelIdentity, HasNoDayNorGuesses) {
    for (const char* image : {"rocky/CentOS-7-x86_64-NetInstall-2009.iso", "boot/CentOS-7-x86_64-Minimal-2009.iso"}) {
        recipe_.source.url = server_.url(std::string("/") + image);
        const std::string today = identity();
        EXPECT_TRUE(source_->uses_network()) << image;
        work_->now += 86'400;
        EXPECT_EQ(open_source(*work_)->identity(), today);
    }
}

// Each may be a question to a keyserver.
TEST_F(RhelIdentity, ReadsTheKeysOnce) {
    EXPECT_EQ(keys(), 1u);
    source_.reset();
    recipe_.source = {.downloader = "almalinux-http", .url = server_.url("/alma"), .keys = {material(*key_)}, .variant = "minimal"};
    tree_.put("alma/9/isos/x86_64/", "<a href=\"AlmaLinux-9.4-x86_64-minimal.iso\">");
    tree_.put("alma/9/isos/x86_64/CHECKSUM", clear(sha256_hex("iso") + "  AlmaLinux-9.4-x86_64-minimal.iso\n", *key_));
    source_ = open();
    EXPECT_EQ(keys(), 1u);
}

} // namespace
} // namespace lxcpp::distro
