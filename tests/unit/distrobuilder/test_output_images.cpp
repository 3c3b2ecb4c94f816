// SPDX-License-Identifier: Apache-2.0
#include "output_fixture.h"

#include "base/sha256.h"
#include "support/error_of.h"
#include "sys/lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(Outputs, OfLxcAreTwoArchives) {
    options.compression = {.name = "gzip", .level = 1};
    const auto written = write(write_lxc_image);
    ASSERT_EQ(written.size(), 2u);
    EXPECT_EQ(written[0], (OutputFile{"meta.tar.xz", text("out/meta.tar.xz").size(), sha256_hex(text("out/meta.tar.xz"))}));
    EXPECT_EQ(written[1].name, "rootfs.tar.gz");
    EXPECT_EQ(written[1].sha256, sha256_hex(text("out/rootfs.tar.gz")));
    const auto meta = members_of(text("out/meta.tar.xz"));
    EXPECT_THAT(names_of(meta), ElementsAre("config", "config-user", "config-user.1", "config-user.2", "config-user.3", "config-user.4", "config.1",
                                            "config.2", "config.3", "config.4", "create-message", "excludes-user", "expiry", "templates"));
    EXPECT_EQ(meta[0].data, "new\n");
    EXPECT_EQ(meta[6].data, "old\n");
    EXPECT_EQ(meta[0].entry.mtime.tv_sec, 1'800'000'000);
    EXPECT_THAT(names_of(members_of(text("out/rootfs.tar.gz"))),
                ElementsAre("./", "./bin/", "./bin/ash", "./bin/sh", "./dev/", "./etc/", "./etc/hostname"));
    EXPECT_EQ(left().size(), 2u);
}

TEST_F(Outputs, OfIncusAreSplitOrUnified) {
    auto written = write(write_incus_image);
    ASSERT_EQ(written.size(), 2u);
    EXPECT_EQ(written[0].name, "incus.tar.xz");
    EXPECT_EQ(written[1].name, "rootfs.squashfs");
    EXPECT_EQ(text("out/rootfs.squashfs").substr(0, 4), "hsqs");
    EXPECT_THAT(names_of(members_of(text("out/incus.tar.xz"))), ElementsAre("metadata.yaml", "templates/hostname.tpl"));
    options.type = IncusType::Unified;
    options.compression = {.name = "zstd", .level = std::nullopt};
    recipe.image.name = "../a b/c";
    written = write(write_incus_image);
    ASSERT_EQ(written.size(), 1u);
    EXPECT_EQ(written[0].name, "_._a b_c.tar.zst");
    EXPECT_THAT(names_of(members_of(text("out/_._a b_c.tar.zst"))),
                ElementsAre("metadata.yaml", "templates/hostname.tpl", "rootfs/", "rootfs/bin/", "rootfs/bin/ash", "rootfs/bin/sh", "rootfs/dev/",
                            "rootfs/etc/", "rootfs/etc/hostname"));
}

// The same tree, made at another time and in another order.
TEST_F(Outputs, AreTheSameForTheSameTree) {
    put("again/etc/hostname", "LXC_NAME\n");
    fs::create_directories(top / "again/bin");
    fs::create_symlink("sh", top / "again/bin/ash");
    fs::create_directories(top / "again/dev");
    put("again/bin/sh", std::string(100'000, 's'));
    const auto now = fs::file_time_type::clock::now();
    for (const auto& [tree, age] : {std::pair("tree", 1), {"again", 2}}) {
        for (const auto& entry : fs::recursive_directory_iterator(top / tree))
            if (!entry.is_symlink()) fs::last_write_time(entry, now + std::chrono::years(age));
        fs::last_write_time(top / tree, now + std::chrono::years(age));
    }
    for (const auto& link : {"tree/bin/ash", "again/bin/ash"}) {
        const timespec times[2] = {{1'900'000'000, 1}, {1'900'000'000, 1}};
        ASSERT_EQ(::utimensat(AT_FDCWD, (top / link).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
    }
    for (const Write output : {Write(write_lxc_image), Write(write_incus_image)}) {
        for (const IncusType type : {IncusType::Split, IncusType::Unified}) {
            options.type = type;
            EXPECT_EQ(write(output, "tree"), write(output, "again"));
        }
    }
}

TEST_F(Outputs, LeaveWhatIsThereWhenOneFileCannotBe) {
    put("out/meta.tar.xz", "the old one");
    fs::create_directories(top / "out/rootfs.tar.xz/x");
    EXPECT_THAT(error_of([&] { write(write_lxc_image); }), HasSubstr("rootfs.tar.xz: it is there already, and a directory"));
    EXPECT_EQ(text("out/meta.tar.xz"), "the old one");
    EXPECT_THAT(left(), ElementsAre("meta.tar.xz", "rootfs.tar.xz"));
    fs::remove_all(top / "out/rootfs.tar.xz");
    put("out/rootfs.tar.xz", "the old one");
    write(write_lxc_image);
    EXPECT_NE(text("out/meta.tar.xz"), "the old one");
    EXPECT_NE(text("out/rootfs.tar.xz"), "the old one");
    EXPECT_THAT(left(), ElementsAre("meta.tar.xz", "rootfs.tar.xz"));
}

// A build of several: none is new while another is old.
TEST_F(Outputs, OfOneBuildAppearTogether) {
    put("out/meta.tar.xz", "the old one");
    fs::create_directories(top / "out/incus.tar.xz");
    for (const OciForm form : {OciForm::Layout, OciForm::Archive}) {
        options.oci = form;
        OutputFiles to = output_files();
        for (const Write output : {Write(write_lxc_image), Write(write_oci_image), Write(write_incus_image)}) add(output, to);
        EXPECT_EQ(text("out/meta.tar.xz"), "the old one");
        EXPECT_THAT(error_of([&] { (void)to.publish(); }), HasSubstr("incus.tar.xz: it is there already, and a directory"));
    }
    EXPECT_EQ(text("out/meta.tar.xz"), "the old one");
    EXPECT_THAT(left(), ElementsAre("incus.tar.xz", "meta.tar.xz"));
    fs::remove_all(top / "out/incus.tar.xz");
    OutputFiles to = output_files();
    for (const Write output : {Write(write_lxc_image), Write(write_oci_image), Write(write_incus_image), Write(write_package_manifest)}) add(output, to);
    EXPECT_EQ(to.publish().size(), 6u);
    EXPECT_THAT(left(), ElementsAre(testing::StartsWith(".lxcpp-output-"), "debian-trixie.oci.tar", "incus.tar.xz", "manifest.spdx.json", "meta.tar.xz",
                                    "rootfs.squashfs", "rootfs.tar.xz"));
}

// An archive of another compression would not fit to what is new beside it.
TEST_F(Outputs, TakeAwayTheOtherArchiveOfWhatTheyReplace) {
    put("out/rootfs.tar.gz", "somebody's: there is no image");
    options.compression = parse_output_compression("zstd");
    write(write_lxc_image);
    EXPECT_THAT(left(), ElementsAre("meta.tar.xz", "rootfs.tar.gz", "rootfs.tar.zst"));
    put("out/rootfs.tar", "old");
    recipe.source.url = "file:///elsewhere/rootfs.tar.gz";
    options.compression = parse_output_compression("xz");
    write(write_lxc_image);
    EXPECT_THAT(left(),
                ElementsAre("meta.tar.xz", "rootfs.tar.gz", "rootfs.tar.xz")); // the source is kept
    write(write_incus_image);
    options.compression = parse_output_compression("gzip");
    write(write_incus_image);
    EXPECT_THAT(left(), ElementsAre("incus.tar.gz", "meta.tar.xz", "rootfs.squashfs",
                                    "rootfs.tar.gz", "rootfs.tar.xz"));
}

TEST_F(Outputs, KeepTheOtherArchiveWhenTheyCannotBe) {
    write(write_lxc_image);
    const std::string before = text("out/meta.tar.xz");
    fs::create_directories(top / "out/rootfs.tar.gz/x");
    options.compression = parse_output_compression("gzip");
    EXPECT_THAT(error_of([&] { write(write_lxc_image); }),
                HasSubstr("rootfs.tar.gz: it is there already, and a directory"));
    EXPECT_THAT(left(), ElementsAre("meta.tar.xz", "rootfs.tar.gz", "rootfs.tar.xz"));
    EXPECT_EQ(text("out/meta.tar.xz"), before);
}

TEST_F(Outputs, TakeAwayWhatAKilledBuildHasLeft) {
    put("out/.lxcpp-output-abcdef/rootfs.tar.xz", "half");
    put("out/.lxcpp-output-ghijkl/rootfs.tar.xz", "at work");
    const auto lock = sys::FileLock::acquire_directory(top / "out/.lxcpp-output-ghijkl", {});
    ASSERT_TRUE(lock);
    write(write_lxc_image);
    EXPECT_THAT(left(), ElementsAre(".lxcpp-output-ghijkl", "meta.tar.xz", "rootfs.tar.xz"));
}

TEST(OutputCompression, HasTheNamesOfDistrobuilder) {
    EXPECT_EQ(parse_output_compression("xz"), OutputCompression{});
    EXPECT_EQ(parse_output_compression("zstd-22"), (OutputCompression{"zstd", 22}));
    EXPECT_EQ(parse_output_compression("lzma-0"), (OutputCompression{"lzma", 0}));
    EXPECT_EQ(parse_output_compression("none"), (OutputCompression{"none", std::nullopt}));
    EXPECT_EQ(error_of([] { (void)parse_output_compression("gzip-0"); }), "compression 'gzip-0': levels of gzip are 1 to 9");
    EXPECT_EQ(error_of([] { (void)parse_output_compression("none-1"); }), "compression 'none-1': none has no levels");
    EXPECT_EQ(error_of([] { (void)parse_output_compression("lzop-3"); }), "compression 'lzop-3': is not written here: the library for it (liblzo2) is for programs under the GNU GPL only; zstd-1 is as fast, and its archives are smaller");
    for (const char* text : {"", "gz", "xz ", "XZ"}) EXPECT_THAT(error_of([&] { (void)parse_output_compression(text); }), HasSubstr("it is one of bzip2"));
    for (const char* text : {"xz-", "xz-10", "zstd-0", "bzip2-x"}) EXPECT_THAT(error_of([&] { (void)parse_output_compression(text); }), HasSubstr("levels of"));
}

TEST_F(Outputs, HaveTheCompressionThatIsAskedFor) {
    for (const auto& [name, suffix, magic] : {std::tuple("bzip2", ".bz2", "BZh"), {"lzip", ".lz", "LZIP"}, {"lzma", ".lzma", "\x5d"},
                                              {"zstd-3", ".zst", "\x28\xb5\x2f\xfd"}}) {
        options.compression = parse_output_compression(name);
        const std::string file = "rootfs.tar" + std::string(suffix);
        EXPECT_EQ(write(write_lxc_image).at(1).name, file);
        EXPECT_TRUE(text("out/" + file).starts_with(magic)) << name;
    }
    options.compression = parse_output_compression("none");
    EXPECT_EQ(text("out/" + write(write_lxc_image).at(1).name).substr(257, 5), "ustar");
    options.compression = parse_output_compression("lz4");
    EXPECT_THAT(error_of([&] { write(write_lxc_image); }), HasSubstr("it is for squashfs only"));
    options.compression = parse_output_compression("gzip");
    options.squashfs = parse_output_compression("bzip2");
    EXPECT_EQ(error_of([&] { write(write_incus_image); }), "compression 'bzip2': squashfs has gzip, lz4, xz and zstd");
    options.squashfs = parse_output_compression("lz4");
    write(write_incus_image);
    EXPECT_EQ(text("out/rootfs.squashfs")[20], 5); // lz4, in its super block
}

} // namespace
} // namespace lxcpp::distro
