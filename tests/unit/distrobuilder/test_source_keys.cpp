// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_keys.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "image/sha512.h"
#include "source_fixture.h"
#include "tls_server.h"

namespace lxcpp::distro {
namespace {

using test::error_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(SourceKey, FingerprintsAreWholeOnes) {
    const std::string whole = "0123456789ABCDEF0123456789ABCDEF01234567";
    EXPECT_EQ(full_fingerprint("0x0123 4567 89ab cdef 0123  4567 89AB CDEF 0123 4567\n", "k"), whole);
    EXPECT_EQ(full_fingerprint(std::string(64, 'a'), "k"), std::string(64, 'A'));
    for (const std::string& bad : {std::string("89ABCDEF"), whole.substr(1), whole + "0", whole.substr(1) + "G", std::string(), std::string("../../etc/passwd")})
        EXPECT_THAT(error_of([&] { (void)full_fingerprint(bad, "source.keys[0]"); }), HasSubstr("source.keys[0]: '" + bad + "' is neither an armored key nor a whole fingerprint"));
}

TEST(SourceKey, ServersAreAskedByHttps) {
    EXPECT_EQ(keyserver_url("hkps://keys.example.org", "AB"), "https://keys.example.org/pks/lookup?op=get&options=mr&search=0xAB");
    EXPECT_EQ(keyserver_url("https://k.example/sub/", "AB"), "https://k.example/sub/pks/lookup?op=get&options=mr&search=0xAB");
    EXPECT_THAT(keyserver_url("keyserver.ubuntu.com", "AB"), testing::StartsWith("https://keyserver.ubuntu.com/pks/"));
    EXPECT_THAT(keyserver_url("hkp://keyserver.ubuntu.com:80", "AB"), testing::StartsWith("https://keyserver.ubuntu.com/pks/"));
    EXPECT_THAT(keyserver_url("hkps.pool.sks-keyservers.net", "AB"), testing::StartsWith("https://keyserver.ubuntu.com/pks/")); // of no server any more
    for (const char* bad : {"http://k.example", "hkp://k.example:1234", "ldap://k.example", "file:///etc", "https://user@k.example", ""})
        EXPECT_NE(error_of([&] { (void)keyserver_url(bad, "AB"); }), "") << bad;
}

TEST(SourceKey, AdviceIsForWhatARecipeCanChange) {
    EXPECT_THAT(key_advice("x: signature refused: key AB expired on 2019-08-05"), HasSubstr("its whole fingerprint, which is looked up at source.keyserver"));
    EXPECT_EQ(key_advice("x: signature refused: the signature by key AB expired on 2019-08-05"), "");
    EXPECT_THAT(key_advice("x: signature refused: key AB is not in the keyring"), HasSubstr("add that one"));
    EXPECT_EQ(key_advice("x: 404 Not Found"), "");
}

class SourceKeysTest : public SourceTest {
protected:
    SourceKeysTest() {
        recipe_.source.downloader = "rootfs-http";
        recipe_.source.url = server_.url("/base.tar");
        tree_.put("base.tar", tar_);
        sign(*key_);
    }
    void sign(const image::Signer::Key& key) { tree_.put("base.tar.asc", detached(tar_, key)); }
    const std::string tar_ = root_tar("base");
};

TEST_F(SourceKeysTest, MayStandInAnyForm) {
    const std::string both = material(*stranger_) + "\n\n" + material(*key_);
    recipe_.source.keys = {both};
    EXPECT_EQ(build(), "base");
    const std::string plain = material(*key_);
    std::string indented = "\n";
    for (const auto line : split_lines(plain)) {
        indented += "    " + std::string(line) + " \r\n";
        if (line.starts_with("-----BEGIN")) indented += "    Version: GnuPG v1\n    Comment: by hand\n";
    }
    recipe_.source.keys = {material(*stranger_), indented};
    EXPECT_EQ(build(), "base");
    recipe_.source.keys = {signer_->gpg({"--armor", "--export", key_->fingerprint, stranger_->fingerprint})}; // two keys in one block
    EXPECT_EQ(build(), "base");
    recipe_.source.keys = {key_->fingerprint, material(*key_)}; // named too: nobody is asked for it
    EXPECT_EQ(build(), "base");
    recipe_.source.keys = {};
    recipe_.source.key_files = {"mirror.gpg"};
    sys::write_file_atomic(dir_.path() / "mirror.gpg", sys::read_file(key_->keyring));
    EXPECT_EQ(build(), "base");
}

TEST_F(SourceKeysTest, WhatIsNoKeyIsNamed) {
    recipe_.source.keys = {material(*key_), "12345678"};
    EXPECT_THAT(build(), HasSubstr("source.keys[1]: '12345678' is neither"));
    recipe_.source.keys = {"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nbm90IGEga2V5\n-----END PGP PUBLIC KEY BLOCK-----\n"};
    EXPECT_THAT(build(), HasSubstr("source.keys[0]: holds no OpenPGP key"));
    recipe_.source.keys = {signer_->gpg({"--armor", "--export-secret-keys", key_->fingerprint})};
    EXPECT_THAT(build(), HasSubstr("source.keys[0]: holds a private key"));
    recipe_.source.keys = {};
    recipe_.source.key_files = {"nowhere.gpg"};
    EXPECT_THAT(build(), HasSubstr("source.key_files: nowhere.gpg"));
}

class SourceTlsTest : public SourceKeysTest {
protected:
    void SetUp() override {
        if (!tls_.runs()) GTEST_SKIP() << "needs openssl and python3";
    }
    TlsServer tls_;
};

TEST_F(SourceTlsTest, AFingerprintIsFetchedAndMustBeWhatComes) {
    recipe_.source.keys = {key_->fingerprint};
    recipe_.source.keyserver = "hkps://" + tls_.host();
    EXPECT_THAT(build(), AllOf(HasSubstr("source.keys: " + tls_.host() + " has no key " + key_->fingerprint), HasSubstr("source.key_files")));
    tls_.put("pks/lookup", material(*key_));
    EXPECT_EQ(build(), "base");
    EXPECT_THAT(verification(), ElementsAre("base.tar: signed by " + key_->fingerprint));
    sign(*stranger_);
    tls_.put("pks/lookup", material(*stranger_));
    EXPECT_THAT(build(), HasSubstr("brings the key " + stranger_->fingerprint + ", which is another one"));
    tls_.put("pks/lookup", material(*key_) + material(*stranger_));
    EXPECT_THAT(build(), HasSubstr("which is another one"));
    tls_.put("pks/lookup", "no key");
    EXPECT_THAT(build(), HasSubstr("holds no OpenPGP key"));
}

TEST_F(SourceTlsTest, WithoutKeysHttpsIsEnoughAndIsSaid) {
    recipe_ = {};
    recipe_.source = {.downloader = "ubuntu-http", .url = tls_.url("")};
    recipe_.image = {.release = "22.04.5", .variant = "default", .architecture_mapped = "amd64"};
    const std::string folder = "releases/22.04.5/release/";
    tls_.put(folder + "ubuntu-base-22.04.5-base-amd64.tar.gz", tar_);
    EXPECT_THAT(build(), HasSubstr("SHA256SUMS: there is no such file"));
    tls_.put(folder + "SHA256SUMS", sha256_hex(tar_) + " *ubuntu-base-22.04.5-base-amd64.tar.gz\n");
    EXPECT_EQ(build(), "base");
    const std::string how = "ubuntu-base-22.04.5-base-amd64.tar.gz: sha256 of SHA256SUMS, which "
                            "nobody signed: only TLS says that it is the server's";
    EXPECT_THAT(verification(), ElementsAre("warning: " + how));
    tls_.put(folder + "ubuntu-base-22.04.5-base-amd64.tar.gz.redirect",
             server_.url("/base.tar")); // by http
    EXPECT_EQ(build(), "base");         // it is here already
    cache_.forget_file(sha256_hex(tar_));
    EXPECT_THAT(build(), HasSubstr("redirects from https to http"));
    tls_.put(folder + "ubuntu-base-22.04.5-base-amd64.tar.gz.redirect", tls_.url("moved"));
    tls_.put("moved", tar_);
    EXPECT_EQ(build(), "base");
    tls_.put(folder + "SHA256SUMS", sha256_hex("other") + " *ubuntu-base-22.04.5-base-amd64.tar.gz\n");
    EXPECT_THAT(build(), HasSubstr("expected " + sha256_hex("other")));
}

TEST_F(SourceTlsTest, WhatIsOfAnywhereNeedsMoreThanHttps) {
    tls_.put("base.tar", tar_);
    recipe_.source.url = tls_.url("base.tar");
    EXPECT_THAT(build(), HasSubstr("nothing says that it is right"));
    recipe_.source.sha256 = sha256_hex(tar_);
    EXPECT_EQ(build(), "base");
    recipe_.source.sha256.clear();
    recipe_.source.skip_verification = true;
    EXPECT_EQ(build(), "base");
}

TEST_F(SourceTlsTest, OfTheOthersOneThatNobodySigns) {
    recipe_ = {};
    recipe_.source = {.downloader = "nixos-http", .url = tls_.url("")};
    recipe_.image = {.release = "unstable", .architecture_kernel = "x86_64"};
    tls_.put("job/nixos/trunk-combined/nixos.incusContainerImage.x86_64-linux/latest/download-by-type/file/squashfs-image", tar_);
    EXPECT_EQ(build(), "base");
    EXPECT_THAT(
        verification(),
        ElementsAre(
            "warning: squashfs-image: nobody signed it: only TLS says that it is the server's"));
}

// The cache names files by sha256; a list may know sha512 only.
TEST_F(SourceTlsTest, ByALongDigest) {
    recipe_ = {};
    recipe_.source = {.downloader = "alpaquita-http", .url = tls_.url(""), .variant = "musl"};
    recipe_.image = {.release = "stream", .architecture_mapped = "x86_64"};
    const std::string name = "alpaquita-minirootfs-stream-latest-musl-x86_64.tar.gz";
    const std::string path = "alpaquita/musl/stream/releases/x86_64/" + name;
    image::Sha512 hash;
    hash.update(tar_);
    tls_.put(path, tar_);
    tls_.put(path + ".sha512", hash.finish_hex() + "  " + name + "\n");
    EXPECT_EQ(build(), "base");
    EXPECT_EQ(build(), "base"); // from the cache
    tls_.put(path, root_tar("else"));
    EXPECT_EQ(build(), "base");
    const auto place = cache_.list();
    for (const auto& entry : place) cache_.forget_file(entry.name);
    EXPECT_THAT(build(), AllOf(HasSubstr(name), HasSubstr("sha512 is")));
}

} // namespace
} // namespace lxcpp::distro
