// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"
#include "distrobuilder/source_sums.h"
#include "image/sha512.h"
#include "source_fixture.h"

#include <fmt/core.h>
#include <map>

namespace lxcpp::distro {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Each;
using testing::HasSubstr;
using testing::StartsWith;

std::string sha512_hex(const std::string& text) {
    image::Sha512 hash;
    hash.update(text);
    return hash.finish_hex();
}

std::string listing(const std::vector<std::string>& names) {
    std::string html = "<html><a href=\"../\">Parent</a>\n";
    for (const std::string& name : names) html += "<a href=\"" + name + "\">" + name + "</a>\n";
    return html;
}

// A mirror of each source as the real one is laid out: where its files are, and how they are signed.
struct Mirror {
    std::string downloader;
    std::string release;
    std::string architecture;
    std::string variant;             // source.variant
    std::map<std::string, std::vector<std::string>> listings;
    std::string archive;             // path
    std::string below = {};          // the directory in it
    std::string list = {};           // path of the list of checksums
    std::string list_text = {};      // {0} the digest, {1} the archive's name
    Digest digest = Digest::Sha256;
    std::string signature = {};      // path
    bool clear_signed = false;
    bool archive_signed = false;
};

const std::string kBlake(128, 'b');

const std::vector<Mirror> kMirrors{
    {.downloader = "alpinelinux-http", .release = "3.20", .architecture = "x86_64", .variant = "",
     .listings = {{"v3.20/releases/x86_64/", {"alpine-minirootfs-3.20.9-x86_64.tar.gz", "alpine-minirootfs-3.20.10-x86_64.tar.gz"}}},
     .archive = "v3.20/releases/x86_64/alpine-minirootfs-3.20.10-x86_64.tar.gz",
     .list = "v3.20/releases/x86_64/alpine-minirootfs-3.20.10-x86_64.tar.gz.sha256", .list_text = "{0}  {1}\n",
     .signature = "v3.20/releases/x86_64/alpine-minirootfs-3.20.10-x86_64.tar.gz.asc", .archive_signed = true},
    {.downloader = "alt-http", .release = "p10", .architecture = "x86_64", .variant = "", .listings = {},
     .archive = "p10/cloud/x86_64/alt-p10-rootfs-systemd-x86_64.tar.xz",
     .list = "p10/cloud/x86_64/SHA256SUMS", .list_text = "{2}  other.tar.xz\n{0}  {1}\n", .signature = "p10/cloud/x86_64/SHA256SUMS.gpg"},
    {.downloader = "archlinux-http", .release = "", .architecture = "x86_64", .variant = "", .listings = {{"", {"2024.12.01/", "2025.01.01/", "latest/"}}},
     .archive = "2025.01.01/archlinux-bootstrap-2025.01.01-x86_64.tar.zst", .below = "root.x86_64",
     .signature = "2025.01.01/archlinux-bootstrap-2025.01.01-x86_64.tar.zst.sig"},
    {.downloader = "funtoo-http", .release = "1.4", .architecture = "generic_64", .variant = "", .listings = {},
     .archive = "1.4-release-std/x86-64bit/generic_64/stage3-latest.tar.xz", .signature = "1.4-release-std/x86-64bit/generic_64/stage3-latest.tar.xz.gpg"},
    {.downloader = "gentoo-http", .release = "current", .architecture = "amd64", .variant = "openrc",
     .listings = {{"releases/amd64/autobuilds/current-stage3-amd64-openrc/", {"stage3-amd64-openrc-20250201T1.tar.xz", "stage3-amd64-openrc-20250101T1.tar.xz"}}},
     .archive = "releases/amd64/autobuilds/current-stage3-amd64-openrc/stage3-amd64-openrc-20250201T1.tar.xz",
     .list = "releases/amd64/autobuilds/current-stage3-amd64-openrc/stage3-amd64-openrc-20250201T1.tar.xz.DIGESTS",
     .list_text = "# BLAKE2B HASH\n{3}  {1}\n# SHA512 HASH\n{0}  {1}\n# SHA512 HASH\n{3}  {1}.CONTENTS.gz\n", .digest = Digest::Sha512, .clear_signed = true},
    {.downloader = "opensuse-http", .release = "15.6", .architecture = "x86_64", .variant = "",
     .listings = {{"distribution/leap/15.6/appliances/", {"opensuse-leap-image.x86_64-15.6.0-lxc-Build1.2.tar.xz", "opensuse-leap-image.x86_64-lxc.tar.xz"}}},
     .archive = "distribution/leap/15.6/appliances/opensuse-leap-image.x86_64-lxc.tar.xz",
     .list = "distribution/leap/15.6/appliances/opensuse-leap-image.x86_64-lxc.tar.xz.sha256", .list_text = "{0}  opensuse-leap-image.x86_64-15.6.0-lxc-Build1.2.tar.xz\n",
     .clear_signed = true},
    {.downloader = "ubuntu-http", .release = "22.04.5", .architecture = "amd64", .variant = "", .listings = {},
     .archive = "releases/22.04.5/release/ubuntu-base-22.04.5-base-amd64.tar.gz",
     .list = "releases/22.04.5/release/SHA256SUMS", .list_text = "{0} *{1}\n{2} *ubuntu-base-22.04.5-base-arm64.tar.gz\n", .signature = "releases/22.04.5/release/SHA256SUMS.gpg"},
    {.downloader = "voidlinux-http", .release = "current", .architecture = "x86_64", .variant = "musl",
     .listings = {{"", {"void-x86_64-ROOTFS-20250303.tar.xz", "void-x86_64-musl-ROOTFS-20250202.tar.xz"}}},
     .archive = "void-x86_64-musl-ROOTFS-20250202.tar.xz",
     .list = "sha256sum.txt", .list_text = "SHA256 (void-x86_64-ROOTFS-20250303.tar.xz) = {2}\nSHA256 ({1}) = {0}\n", .signature = "sha256sum.sig"},
};

// Of those that sign nothing.
const std::vector<Mirror> kUnsigned{
    {.downloader = "alpaquita-http", .release = "stream", .architecture = "x86_64", .variant = "musl", .listings = {},
     .archive = "alpaquita/musl/stream/releases/x86_64/alpaquita-minirootfs-stream-latest-musl-x86_64.tar.gz",
     .list = "alpaquita/musl/stream/releases/x86_64/alpaquita-minirootfs-stream-latest-musl-x86_64.tar.gz.sha512", .list_text = "{0}  {1}\n", .digest = Digest::Sha512},
    {.downloader = "apertis-http", .release = "v2024", .architecture = "amd64", .variant = "release", .listings = {{"release/v2024/", {"20250101.0/", "20241201.0/"}}},
     .archive = "release/v2024/20250101.0/amd64/default/ospack_v2024-amd64-default_20250101.0.tar.gz"},
    {.downloader = "nixos-http", .release = "unstable", .architecture = "x86_64", .variant = "", .listings = {},
     .archive = "job/nixos/trunk-combined/nixos.incusContainerImage.x86_64-linux/latest/download-by-type/file/squashfs-image"},
};

class ArchiveSources : public SourceTest {
protected:
    void lay_out(const Mirror& mirror, const image::Signer::Key& key) {
        for (const auto& [path, text] : files_) tree_.remove(path);
        files_.clear();
        archive_ = root_tar(mirror.downloader, mirror.below);
        for (const auto& [path, names] : mirror.listings) put(path, listing(names));
        put(mirror.archive, archive_);
        put_list(mirror, key, archive_);
        if (mirror.downloader == "gentoo-http") put_snapshot(key);
    }
    void put_list(const Mirror& mirror, const image::Signer::Key& key, const std::string& archive) {
        const std::string digest = mirror.digest == Digest::Sha512 ? sha512_hex(archive) : sha256_hex(archive);
        const std::string name = mirror.archive.substr(mirror.archive.rfind('/') + 1);
        list_ = fmt::format(fmt::runtime(mirror.list_text), digest, name, sha256_hex("other"), kBlake);
        if (!mirror.list.empty()) put(mirror.list, mirror.clear_signed ? clear(list_, key) : list_);
        if (!mirror.signature.empty()) put(mirror.signature, detached(mirror.list.empty() || mirror.archive_signed ? archive : list_, key));
    }
    void put_snapshot(const image::Signer::Key& key) {
        const std::string ebuilds = image::make_tar(image::TarMember{.name = "portage/", .type = '5', .mode = "0000755"}, image::TarMember{.name = "portage/skel.ebuild", .data = "EAPI"});
        put("snapshots/portage-latest.tar.xz", ebuilds);
        put("snapshots/portage-latest.tar.xz.gpgsig", detached(ebuilds, key));
    }
    void put(const std::string& path, const std::string& text) {
        files_[path] = text;
        tree_.put(path, text);
    }
    void use(const Mirror& mirror) {
        recipe_ = {};
        recipe_.source = {.downloader = mirror.downloader, .url = server_.url(""), .keys = {material(*key_)}, .variant = mirror.variant};
        recipe_.image = {.release = mirror.release, .variant = "default", .architecture_mapped = mirror.architecture, .architecture_kernel = "x86_64"};
        lay_out(mirror, *key_);
    }
    // What a build says of a mirror with one thing changed, which is put right again.
    std::string with_damage(const std::string& path) {
        tree_.damage(path);
        return restored(path, build());
    }
    std::string without(const std::string& path) {
        tree_.remove(path);
        return restored(path, build());
    }
    std::string with_text(const std::string& path, const std::string& text) {
        tree_.put(path, text);
        return restored(path, build());
    }
    std::string restored(const std::string& path, std::string result) {
        tree_.put(path, files_.at(path));
        return result;
    }
    // The file that holds the signature, detached or around the list.
    [[nodiscard]] static const std::string& signed_file(const Mirror& mirror) { return mirror.clear_signed ? mirror.list : mirror.signature; }

    std::string archive_;
    std::string list_;
    std::map<std::string, std::string> files_;
};

TEST_F(ArchiveSources, BuildWhatIsSigned) {
    for (const Mirror& mirror : kMirrors) {
        SCOPED_TRACE(mirror.downloader);
        use(mirror);
        EXPECT_EQ(build(), mirror.downloader);
        ASSERT_NE(source_, nullptr);
        EXPECT_THAT(verification(), Each(HasSubstr("signed by " + key_->fingerprint)));
        const std::string identity = source_->identity();
        EXPECT_EQ(open()->identity(), identity);
        recipe_.source.skip_verification = true;
        EXPECT_EQ(open()->identity(), identity);
    }
}

TEST_F(ArchiveSources, AByteThatWasChangedIsNoticedAndNamed) {
    for (const Mirror& mirror : kMirrors) {
        SCOPED_TRACE(mirror.downloader);
        use(mirror);
        recipe_.source.skip_verification = true; // keys count all the same
        const std::string name = mirror.archive.substr(mirror.archive.rfind('/') + 1);
        EXPECT_THAT(with_damage(mirror.archive), AllOf(StartsWith("error: "), HasSubstr(name), AnyOf(HasSubstr("changed after it was signed"), HasSubstr("expected"))));
        EXPECT_THAT(with_damage(signed_file(mirror)), AllOf(StartsWith("error: "), AnyOf(HasSubstr("signature"), HasSubstr("signed"))));
        if (mirror.list.empty() || mirror.archive_signed || mirror.clear_signed) continue;
        EXPECT_THAT(with_damage(mirror.list), AllOf(StartsWith("error: "), HasSubstr(mirror.list), HasSubstr("changed after it was signed")));
    }
}

TEST_F(ArchiveSources, OnlyTheKeysOfTheRecipeCount) {
    for (const Mirror& mirror : kMirrors) {
        SCOPED_TRACE(mirror.downloader);
        use(mirror);
        EXPECT_THAT(without(signed_file(mirror)), AllOf(StartsWith("error: "), HasSubstr(signed_file(mirror)), HasSubstr("there is no such")));
        lay_out(mirror, *stranger_);
        EXPECT_THAT(build(), AllOf(StartsWith("error: "), HasSubstr("not in the keyring")));
        lay_out(mirror, *expired_);
        recipe_.source.keys = {material(*expired_)};
        EXPECT_THAT(build(), AllOf(StartsWith("error: "), HasSubstr("key " + expired_->fingerprint + " expired on 202"), HasSubstr("as it is published now")));
    }
}

// Edge is a release that a script upgrades: to what servers have that day, as the environment of the script says.
TEST_F(ArchiveSources, WhatAScriptFetchesIsNotTheArchivesAlone) {
    use(*std::ranges::find(kMirrors, "alpinelinux-http", &Mirror::downloader));
    const auto identity = [&](const std::string& proxy) {
        recipe_.environment.variables = {{.key = "http_proxy", .value = proxy}};
        source_ = open();
        return source_->identity();
    };
    EXPECT_EQ(identity("http://a"), identity("http://b"));
    EXPECT_FALSE(source_->uses_network());
    recipe_.source.same_as = recipe_.image.release;
    recipe_.image.release = "edge";
    EXPECT_NE(identity("http://a"), identity("http://b"));
    EXPECT_EQ(identity("http://a"), identity("http://a"));
    EXPECT_TRUE(source_->uses_network());
}

// A listing, which nobody signs, may lead to what was right long ago.
TEST_F(ArchiveSources, WhatWasSignedBeforeWhatWasSeenIsRefused) {
    const Mirror& mirror = *std::ranges::find(kMirrors, "archlinux-http", &Mirror::downloader);
    const image::Signer::Key key = signer_->make_key("of old", "ed25519", "0", "20200101T000000");
    use(mirror);
    lay_out(mirror, key);
    recipe_.source.keys = {material(key)};
    EXPECT_EQ(build(), mirror.downloader);
    const std::string old = signer_->sign("--detach-sign", archive_, {"-u", key.fingerprint, "--faked-system-time", "20240101T000000!"});
    put("", listing({"2024.01.01/"}));
    put("2024.01.01/archlinux-bootstrap-2024.01.01-x86_64.tar.zst", archive_);
    put("2024.01.01/archlinux-bootstrap-2024.01.01-x86_64.tar.zst.sig", old);
    EXPECT_THAT(build(), AllOf(StartsWith("error: archlinux-http http://127.0.0.1"), HasSubstr("it was signed on 2024-01-01"), HasSubstr("was seen there before"),
                               HasSubstr("source.skip_verification accepts it")));
    recipe_.image.release = "2024.01.01"; // who asks for it gets it
    EXPECT_EQ(build(), mirror.downloader);
    recipe_.image.release = "";
    recipe_.source.skip_verification = true;
    EXPECT_EQ(build(), mirror.downloader);
}

TEST_F(ArchiveSources, OnlySignedTextTellsADigest) {
    for (const Mirror& mirror : kMirrors) {
        if (!mirror.clear_signed) continue;
        SCOPED_TRACE(mirror.downloader);
        use(mirror);
        const std::string around = fmt::format("{}  {}\n", sha512_hex("evil"), "evil.tar") + files_.at(mirror.list);
        EXPECT_THAT(with_text(mirror.list, around), AllOf(StartsWith("error: "), HasSubstr(mirror.list)));
        EXPECT_THAT(with_text(mirror.list, files_.at(mirror.list) + "trailing\n"), AllOf(StartsWith("error: "), HasSubstr(mirror.list)));
        EXPECT_THAT(with_text(mirror.list, list_), AllOf(StartsWith("error: "), HasSubstr("not a clear-signed message")));
    }
}

TEST_F(ArchiveSources, AListMustHaveTheName) {
    for (Mirror mirror : kMirrors) {
        if (mirror.list.empty() || mirror.archive_signed) continue;
        SCOPED_TRACE(mirror.downloader);
        use(mirror);
        mirror.list_text = mirror.downloader == "opensuse-http" ? "no digest\n" : "{0}  other-{1}\n";
        put_list(mirror, *key_, archive_);
        EXPECT_THAT(build(), AllOf(HasSubstr(mirror.list), HasSubstr(fmt::format("has no {} of ", digest_name(mirror.digest)))));
    }
}

TEST_F(ArchiveSources, WhatIsNotThereIsNamed) {
    for (const Mirror& mirror : kMirrors) {
        SCOPED_TRACE(mirror.downloader);
        use(mirror);
        EXPECT_THAT(without(mirror.archive), AllOf(HasSubstr(mirror.archive), HasSubstr("404")));
        for (const auto& [path, names] : mirror.listings) EXPECT_THAT(without(path), AllOf(HasSubstr(mirror.downloader), HasSubstr("there is no such file")));
    }
}

TEST_F(ArchiveSources, PlainHttpWithoutKeysIsRefused) {
    for (const auto* mirrors : {&kMirrors, &kUnsigned}) {
        for (const Mirror& mirror : *mirrors) {
            SCOPED_TRACE(mirror.downloader);
            use(mirror);
            recipe_.source.keys.clear();
            EXPECT_THAT(build(), AllOf(StartsWith("error: "), HasSubstr("source.sha256")));
            recipe_.source.sha256 = sha256_hex(archive_);
            if (mirror.downloader == "gentoo-http") continue; // has a second file
            EXPECT_EQ(build(), mirror.downloader);
        }
    }
}

TEST_F(ArchiveSources, KeysForWhatNobodySignsAreRefused) {
    for (const Mirror& mirror : kUnsigned) {
        SCOPED_TRACE(mirror.downloader);
        use(mirror);
        recipe_.source.sha256 = sha256_hex(archive_);
        EXPECT_THAT(build(), AllOf(StartsWith("error: "), HasSubstr("has source.keys, but nothing there is signed")));
    }
}

TEST_F(ArchiveSources, GentooBringsItsTreeOfEbuilds) {
    const Mirror& mirror = *std::ranges::find(kMirrors, "gentoo-http", &Mirror::downloader);
    use(mirror);
    EXPECT_EQ(build(), "gentoo-http");
    EXPECT_EQ(sys::read_file(dir_.path() / "root/var/db/repos/gentoo/skel.ebuild"), "EAPI");
    EXPECT_THAT(with_damage("snapshots/portage-latest.tar.xz"), AllOf(HasSubstr("portage-latest.tar.xz"), HasSubstr("changed after it was signed")));
    EXPECT_THAT(without("snapshots/portage-latest.tar.xz.gpgsig"), HasSubstr("gpgsig: there is no such signature"));
}

// A mirror on this machine, without a server.
TEST_F(ArchiveSources, MayBeLocal) {
    for (const Mirror& mirror : kMirrors) {
        SCOPED_TRACE(mirror.downloader);
        use(mirror);
        const auto folder = dir_.path() / "mirror" / mirror.downloader;
        sys::make_dirs(folder);
        for (const auto& [path, text] : files_) {
            sys::make_dirs((folder / path).parent_path());
            if (!path.empty() && !path.ends_with('/')) sys::write_file_atomic(folder / path, text);
        }
        recipe_.source.url = "file://mirror/" + mirror.downloader;
        EXPECT_EQ(build(), mirror.downloader);
        recipe_.source.keys = {material(*stranger_)};
        EXPECT_THAT(build(), AllOf(StartsWith("error: file://mirror/"), HasSubstr("not in the keyring")));
        recipe_.source.keys.clear();
        EXPECT_THAT(build(), AllOf(StartsWith("error: file://mirror/"), HasSubstr("nothing says that it is right")));
    }
}

TEST(SourceSums, ReadWhatServersWrite) {
    const std::string one = sha256_hex("one");
    const std::string two = sha256_hex("two");
    const std::string long_one = sha512_hex("one");
    EXPECT_EQ(listed_digest(one + "  a.tar\r\n" + two + " *b.tar\n", "b.tar", Digest::Sha256), two);
    EXPECT_EQ(listed_digest("SHA256 (a.tar) = " + one + "\nSHA512 (a.tar) = " + long_one + "\n", "a.tar", Digest::Sha512), long_one);
    EXPECT_EQ(listed_digest(one + "  ./images/a.tar\n", "a.tar", Digest::Sha256), one);
    EXPECT_EQ(listed_digest(one + "  x/a.tar\n" + two + "  a.tar\n", "a.tar", Digest::Sha256), two);
    EXPECT_EQ(listed_digest(one + "\n", "a.tar", Digest::Sha256, true), one);
    const auto refusal = [](const std::string& list) { return test::error_of([&] { (void)listed_digest(list, "a.tar", Digest::Sha256); }); };
    EXPECT_EQ(refusal(one + "\n"), "has no sha256 of a.tar");
    EXPECT_EQ(refusal(one + "  ba.tar\n" + long_one + "  a.tar\n" + one.substr(1) + "  a.tar\n"), "has no sha256 of a.tar");
    EXPECT_EQ(refusal(one + "  a.tar\n" + two + "  a.tar\n"), "has 2 different sha256 digests of a.tar");
    EXPECT_EQ(refusal(one + "  x/a.tar\n" + two + "  y/a.tar\n"), "has 2 different sha256 digests of a.tar");
}

} // namespace
} // namespace lxcpp::distro
