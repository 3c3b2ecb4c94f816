// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/iso_reader.h"

#include "disk_images.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gmock/gmock.h>
#include <random>

namespace lxcpp::distro {
namespace {

using lxcpp::test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

namespace fs = std::filesystem;

class Iso : public testing::Test {
protected:
    Iso() {
        test::write_file(dir_ / "tree/LiveOS/squashfs.img", std::string(1'000'000, 's') + "!");
        test::write_file(dir_ / "tree/Packages/a/apple-1.2-3.el9.x86_64.rpm", "apple");
        test::write_file(dir_ / "tree/Packages/b/Bean_long-name+of.a-package~rc1-1.0.noarch.rpm", "bean");
        test::write_file(dir_ / "tree/RPM-GPG-KEY-Test", "key");
        fs::create_directories(dir_ / "out");
    }
    void make() { test::make_iso(dir_ / "tree", dir_ / "iso"); }

    lxcpp::test::TempDir dir_;
};

TEST_F(Iso, GivesSingleFiles) {
    make();
    const Fd file = sys::open_file(dir_ / "iso");
    const IsoImage iso(file, "x.iso");
    EXPECT_TRUE(iso.has("LiveOS/squashfs.img"));
    EXPECT_FALSE(iso.has("LiveOS"));
    EXPECT_THAT(iso.below("Packages"), ElementsAre("Packages/a/apple-1.2-3.el9.x86_64.rpm", "Packages/b/Bean_long-name+of.a-package~rc1-1.0.noarch.rpm"));
    iso.copy({{"LiveOS/squashfs.img", "s"}, {iso.below("Packages")[1], "Packages/deep/b.rpm"}}, sys::RootedDir::open(dir_ / "out"));
    EXPECT_TRUE(test::read_file(dir_ / "out/s") == std::string(1'000'000, 's') + "!");
    EXPECT_EQ(test::read_file(dir_ / "out/Packages/deep/b.rpm"), "bean");
    const Fd one = sys::open_file(dir_ / "out/one", {.access = sys::Access::ReadWrite, .create = true});
    iso.copy("RPM-GPG-KEY-Test", one);
    EXPECT_EQ(test::read_file(dir_ / "out/one"), "key");
    EXPECT_THAT(error_of([&] { iso.copy("absent", one); }), HasSubstr("x.iso: has no file absent"));
}

// Images keep the same content once: which of its names has the bytes must not matter.
TEST_F(Iso, GivesFilesThatShareTheirPlace) {
    fs::create_directories(dir_ / "tree/zzz");
    fs::create_hard_link(dir_ / "tree/LiveOS/squashfs.img", dir_ / "tree/zzz/again");
    test::run_tool({"/usr/bin/xorriso", "-as", "mkisofs", "-quiet", "-R", "--hardlinks", "-o", dir_ / "iso", dir_ / "tree"});
    const Fd file = sys::open_file(dir_ / "iso");
    const IsoImage iso(file, "x.iso");
    const auto to = sys::RootedDir::open(dir_ / "out");
    iso.copy({{"zzz/again", "again"}}, to);
    iso.copy({{"LiveOS/squashfs.img", "first"}}, to);
    iso.copy({{"LiveOS/squashfs.img", "both/first"}, {"zzz/again", "both/again"}}, to);
    for (const char* name : {"again", "first", "both/first", "both/again"}) EXPECT_EQ(fs::file_size(dir_ / "out" / name), 1'000'001u) << name;
}

TEST_F(Iso, SaysWhatItIsNot) {
    test::write_file(dir_ / "iso", std::string(100'000, 'x'));
    const Fd file = sys::open_file(dir_ / "iso");
    EXPECT_THAT(error_of([&] { IsoImage(file, "x.iso"); }), HasSubstr("x.iso: no ISO 9660 image, or damaged"));
}

TEST_F(Iso, MutatedImagesOnlyGiveErrors) {
    make();
    const std::string whole = test::read_file(dir_ / "iso");
    const std::size_t end = std::min<std::size_t>(whole.find(std::string(2048, 's')), whole.size());
    std::vector<std::size_t> used; // directories and headers
    for (std::size_t i = 32768; i < end; ++i)
        if (whole[i] != '\0' && whole[i] != ' ') used.push_back(i);
    unsigned refused = 0;
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        std::string text = whole;
        for (auto left = 1 + random() % 12; left > 0; --left) text[used[random() % used.size()]] = static_cast<char>(random());
        test::write_file(dir_ / "iso", text);
        const Fd file = sys::open_file(dir_ / "iso");
        const std::string to = dir_ / ("out/" + std::to_string(seed));
        fs::create_directories(to);
        const std::string problem = error_of([&] {
            const IsoImage iso(file, "x.iso");
            std::map<std::string, std::string> all;
            for (const std::string& path : iso.below("")) all.emplace(path, "f/" + std::to_string(all.size()));
            iso.copy(all, sys::RootedDir::open(to));
        });
        refused += problem.empty() ? 0 : 1;
        fs::remove_all(to);
    }
    EXPECT_GT(refused, 5u);
}

} // namespace
} // namespace lxcpp::distro
