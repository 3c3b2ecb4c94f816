// SPDX-License-Identifier: Apache-2.0
#include "image/image_servers.h"

#include "support/error_of.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp;
using namespace lxcpp::image;
using lxcpp::test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ImageServersTest : public testing::Test {
protected:
    ImageServersTest() : dir_("/tmp", "lxcpp-servers-") {
        paths_.config = dir_.path() / "etc";
        paths_.data = dir_.path() / "data";
        for (const auto& path : {paths_.config / "image-keys", paths_.data / "config" / "keyrings"}) sys::make_dirs(path);
        write(paths_.data / "config/image-servers.conf", "# ours\n[images]\nurl = https://images.example.org\n");
    }
    static void write(const std::filesystem::path& path, const std::string& text) { sys::write_file_atomic(path, text); }
    void configure(const std::string& text) { write(paths_.config / "image-servers.conf", text); }
    [[nodiscard]] ImageServers load() const { return ImageServers::load(paths_); }
    [[nodiscard]] std::string refusal() const {
        return error_of([&] { return load(); });
    }
    [[nodiscard]] std::filesystem::path key(const std::string& name) const { return paths_.config / "image-keys" / name; }

    sys::TempDir dir_;
    Paths paths_;
};

TEST_F(ImageServersTest, OursAndTheAdministrators) {
    configure("[local]\n  url = http://10.0.0.1:8080/tree/\nprotocol = classic\n\n[images]\nfingerprint = AB\n");
    const auto servers = load();
    ASSERT_EQ(servers.all().size(), 2u);
    EXPECT_EQ(servers.find("local").url, "http://10.0.0.1:8080/tree");
    EXPECT_EQ(servers.find("local").protocol, ServerProtocol::Classic);
    EXPECT_EQ(servers.find("images").url, "https://images.example.org");
    EXPECT_THAT(servers.find("images").fingerprints, ElementsAre("AB"));
    EXPECT_THAT(servers.find("images").keyrings, IsEmpty());
}

TEST_F(ImageServersTest, ByHostAndByUrl) {
    const auto servers = load();
    EXPECT_EQ(servers.find("h.example").url, "https://h.example");
    EXPECT_EQ(servers.find("h.example:8443").url, "https://h.example:8443");
    EXPECT_EQ(servers.find("h.example:8443").name, "h.example:8443");
    EXPECT_EQ(servers.find("http://h.example/a/").url, "http://h.example/a");
    EXPECT_THAT(error_of([&] { return servers.find("https://u:secret@h.example"); }), HasSubstr("has no user"));
    EXPECT_THAT(error_of([&] { return servers.find("a b"); }), HasSubstr("image server 'a b'"));
}

TEST_F(ImageServersTest, TheDefaultOneIsConfigured) {
    std::filesystem::remove(paths_.data / "config/image-servers.conf");
    EXPECT_THAT(error_of([&] { return load().find("images"); }), HasSubstr("no server 'images' is configured"));
}

TEST_F(ImageServersTest, KeysHoldHoweverTheServerIsCalled) {
    write(paths_.data / "config/keyrings/shipped.gpg", "");
    write(key("images.asc"), "");
    write(key("h.example.gpg"), "");
    configure("[images]\nkeyring = shipped.gpg\nkeyring = /keys/own.asc\nkeyring = missing.asc\n");
    const auto servers = load();
    const std::vector<std::filesystem::path> all{paths_.data / "config/keyrings/shipped.gpg", "/keys/own.asc",
                                                 key("missing.asc"), key("images.asc")};
    for (const auto* address : {"images", "images.example.org", "https://IMAGES.example.org:443/x", "http://images.example.org"})
        EXPECT_EQ(servers.find(address).keyrings, all) << address;
    EXPECT_THAT(servers.find("images.example.org:8443").keyrings, IsEmpty()) << "another server";
    EXPECT_THAT(servers.find("h.example:8443").keyrings, ElementsAre(key("h.example.gpg")));
}

TEST_F(ImageServersTest, RefusesWhatItDoesNotKnow) {
    const std::string file = (paths_.config / "image-servers.conf").string();
    configure("url = https://x\n");
    EXPECT_EQ(refusal(), file + ": line 1: a [NAME] must stand before the first setting");
    configure("\n[a b]\n");
    EXPECT_THAT(refusal(), HasSubstr(": line 2: a section begins with [NAME]"));
    configure("[a:b]\n");
    EXPECT_THAT(refusal(), HasSubstr("a section begins with [NAME]"));
    configure("[a]\nuri = https://x\n");
    EXPECT_THAT(refusal(), HasSubstr(": line 2: 'uri = https://x': expected url, protocol, keyring or fingerprint"));
    configure("[a]\nurl =\n");
    EXPECT_THAT(refusal(), HasSubstr("url has no value"));
    configure("[a]\nurl = ftp://x\n");
    EXPECT_THAT(refusal(), HasSubstr(": line 2: ftp URLs are not fetched"));
    configure("[a]\nprotocol = oci\n");
    EXPECT_THAT(refusal(), HasSubstr("give any, simplestreams or classic"));
    configure("[a]\nurl = https://x\n[b]\nurl = https://y\n[ a ]\nkeyring = k.asc\n");
    EXPECT_EQ(refusal(), file + ": line 5: [a] stands in line 1 already: put all of its settings there");
    configure("[a]\nprotocol = any\n");
    EXPECT_EQ(refusal(), file + ": server a has no url");
}

TEST(ServerImageName, HasAServerInFront) {
    EXPECT_EQ(split_server_image_name("images:debian/12").server, "images");
    EXPECT_EQ(split_server_image_name("images:debian/12").image, "debian/12");
    EXPECT_EQ(split_server_image_name("debian/12").server, "");
    EXPECT_EQ(split_server_image_name("debian/12:x").image, "debian/12:x");
    EXPECT_EQ(error_of([] { return split_server_image_name("https://h:debian/12"); }),
              "'https://h:debian/12': a URL says no image: give it with --server, and the image's name for itself");
}
