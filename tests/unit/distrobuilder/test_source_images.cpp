// SPDX-License-Identifier: Apache-2.0
// Sources whose root file system is taken out of a disk or live image.
#include "base/sha256.h"
#include "disk_images.h"
#include "source_fixture.h"

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string listing(const std::vector<std::string>& names) {
    std::string html;
    for (const std::string& name : names) html += "<a href=\"" + name + "\">" + name + "</a>\n";
    return html;
}

class OpenWrt : public SourceTest {
protected:
    OpenWrt() {
        test::write_file(dir_.path() / "tree/etc/issue", "OpenWrt");
        std::filesystem::create_directories(dir_.path() / "tree/lost+found");
        test::make_ext4(dir_.path() / "tree", dir_.path() / "ext4", 2048);
        recipe_.source = {.downloader = "openwrt-http", .url = server_.url("/"), .keys = {material(*key_)}};
        recipe_.image = {.release = "24.10", .architecture_mapped = "x86-64"};
        tree_.put("releases/", listing({"23.05.5/", "24.10.0-rc7/", "24.10.0/", "24.10.2/", "24.10.10/", "24.10.9-rc1/"}));
        put("releases/24.10.10/targets/x86/64/", "openwrt-24.10.10-x86-64-generic-ext4-combined-efi.img.gz");
    }
    // A disk with a boot and a root partition, compressed, and OpenWrt's own bytes after it.
    std::string image() {
        std::string disk(512 * 64, '\0');
        disk[510] = '\x55', disk[511] = '\xaa';
        const auto entry = [&](std::size_t at, unsigned first, unsigned count) {
            disk[at + 4] = '\x83', disk[at + 8] = static_cast<char>(first), disk[at + 12] = static_cast<char>(count), disk[at + 13] = static_cast<char>(count >> 8);
        };
        entry(446, 32, 32);
        entry(462, 64, 4096);
        test::write_file(dir_.path() / "disk", disk + test::read_file(dir_.path() / "ext4") + std::string(512 * 33, 'e'));
        test::run_tool({"/bin/gzip", "-f", "-k", "-1", dir_.path() / "disk"});
        return test::read_file(dir_.path() / "disk.gz") + std::string(300, 'm') + "metadata";
    }
    void put(const std::string& directory, const std::string& name) {
        directory_ = directory;
        name_ = name;
        const std::string packed = image();
        tree_.put(directory + name, packed);
        list_ = fmt::format("{} *{}\n{} *other.bin\n", sha256_hex(packed), name, sha256_hex("other"));
        tree_.put(directory + "sha256sums", list_);
        tree_.put(directory + "sha256sums.asc", detached(list_, *key_));
    }
    std::string directory_;
    std::string name_;
    std::string list_;
};

TEST_F(OpenWrt, UnpacksTheRootPartitionOfTheNewestRelease) {
    EXPECT_EQ(build(), "OpenWrt");
    EXPECT_THAT(verification(),
                ElementsAre(HasSubstr("sha256 of sha256sums, signed by " + key_->fingerprint)));
    EXPECT_FALSE(sys::exists(dir_.path() / "root/lost+found"));
    recipe_.image.release = "24.10.10";
    EXPECT_EQ(build(), "OpenWrt");
    recipe_.image.release = "snapshot";
    EXPECT_THAT(build(), AllOf(HasSubstr("error: "), HasSubstr("snapshots/targets/x86/64/sha256sums")));
    put("snapshots/targets/x86/64/", "openwrt-x86-64-generic-ext4-combined-efi.img.gz");
    EXPECT_EQ(build(), "OpenWrt");
    recipe_.image.release = "25.1";
    EXPECT_THAT(build(), HasSubstr("lists nothing that is named like"));
    tree_.put("releases/", listing({"25.1.0-rc1/", "25.1.0-rc2/"}));
    EXPECT_THAT(build(), HasSubstr("releases/25.1.0-rc2/targets"));
}

TEST_F(OpenWrt, TakesOnlyWhatIsSigned) {
    tree_.put(directory_ + "sha256sums.asc", detached(list_, *stranger_));
    EXPECT_THAT(build(), AllOf(HasSubstr("sha256sums: "), HasSubstr("not in the keyring")));
    tree_.put(directory_ + "sha256sums.asc", detached(list_, *key_));
    tree_.damage(directory_ + "sha256sums");
    EXPECT_THAT(build(), HasSubstr("sha256sums: "));
    tree_.put(directory_ + "sha256sums", list_);
    tree_.damage(directory_ + name_);
    EXPECT_THAT(build(), AllOf(HasSubstr(name_), HasSubstr("sha256")));
    recipe_.source.keys.clear();
    EXPECT_THAT(build(), HasSubstr("openwrt-http: its lists are signed, so it takes source.keys"));
    recipe_.source.skip_verification = true;
    tree_.put(directory_ + name_, image());
    EXPECT_EQ(build(), "OpenWrt");
}

TEST_F(OpenWrt, RefusesAnImageWithoutTheRootPartition) {
    const std::string other = "not a disk at all, but long enough to have a table" + std::string(100'000, 'x');
    test::write_file(dir_.path() / "other", other);
    test::run_tool({"/bin/gzip", "-f", dir_.path() / "other"});
    const std::string packed = test::read_file(dir_.path() / "other.gz");
    tree_.put(directory_ + name_, packed);
    recipe_.source.keys.clear();
    recipe_.source.sha256 = sha256_hex(packed);
    EXPECT_THAT(build(), HasSubstr(name_ + ": its partition table: there is none"));
}

class VyOs : public SourceTest {
protected:
    VyOs() {
        test::write_file(dir_.path() / "tree/etc/issue", "VyOS");
        std::filesystem::create_directories(dir_.path() / "iso/live");
        test::make_squashfs(dir_.path() / "tree", dir_.path() / "iso/live/filesystem.squashfs");
        test::make_iso(dir_.path() / "iso", dir_.path() / "image");
        iso_ = test::read_file(dir_.path() / "image");
        tree_.put("vyos-rolling.iso", iso_);
        tree_.put("latest", fmt::format(R"({{"tag_name":"1","assets":[{{"name":"vyos.iso.minisig","browser_download_url":"{0}"}},{{"name":"vyos.iso","browser_download_url":"{0}"}}]}})",
                                        server_.url("/vyos-rolling.iso")));
        recipe_.source = {.downloader = "vyos-http", .url = server_.url("/latest"), .sha256 = sha256_hex(iso_)};
    }
    std::string iso_;
};

TEST_F(VyOs, UnpacksTheTreeOfTheLiveImage) {
    EXPECT_EQ(build(), "VyOS");
    recipe_.source.url = server_.url("/vyos-rolling.iso");
    EXPECT_EQ(build(), "VyOS");
}

TEST_F(VyOs, NeedsAVoucher) {
    recipe_.source.sha256.clear();
    EXPECT_THAT(build(), AllOf(HasSubstr("vyos-rolling.iso"), HasSubstr("nothing says that it is right")));
    recipe_.source.keys = {material(*key_)};
    EXPECT_THAT(build(), HasSubstr("vyos-rolling.iso.asc: there is no such signature"));
    tree_.put("vyos-rolling.iso.asc", detached(iso_, *key_));
    EXPECT_EQ(build(), "VyOS");
    tree_.damage("vyos-rolling.iso");
    EXPECT_THAT(build(), AllOf(HasSubstr("vyos-rolling.iso"), HasSubstr("changed after it was signed")));
}

TEST_F(VyOs, SaysWhatIsMissing) {
    tree_.put("latest", R"({"assets":[]})");
    EXPECT_THAT(build(), HasSubstr("/latest: the release has no .iso"));
    std::filesystem::rename(dir_.path() / "iso/live", dir_.path() / "iso/other");
    test::make_iso(dir_.path() / "iso", dir_.path() / "image");
    const std::string other = test::read_file(dir_.path() / "image");
    tree_.put("x.iso", other);
    recipe_.source = {.downloader = "vyos-http", .url = server_.url("/x.iso"), .sha256 = sha256_hex(other)};
    EXPECT_THAT(build(), HasSubstr("x.iso: has no file live/filesystem.squashfs"));
}

} // namespace
} // namespace lxcpp::distro
