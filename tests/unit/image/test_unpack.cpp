// SPDX-License-Identifier: Apache-2.0
#include "image/unpack.h"

#include "base/sha256.h"
#include "image/tree_copy.h"
#include "image/tree_sums.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "tar_builder.h"
#include "xz_builder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sys/stat.h>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;

class UnpackTest : public testing::Test {
protected:
    Unpacked unpack(const std::string& archive, const UnpackOptions& options = {}) {
        fs::remove_all(dir_ / "root");
        fs::create_directory(dir_ / "root");
        sys::write_file_atomic(dir_ / "x.tar", archive);
        const Fd file = sys::open_file(dir_ / "x.tar");
        SilentProgress silent;
        return unpack_archive(file, "x.tar", sys::RootedDir::open(dir_ / "root"), options, silent);
    }
    std::string refusal(const std::string& archive, const UnpackOptions& options = {}) {
        return test::error_of([&] { unpack(archive, options); });
    }
    [[nodiscard]] fs::path root(std::string_view path) const { return dir_ / "root" / path; }
    // What a walk over the tree finds.
    std::string walked_sums() {
        fs::create_directory(dir_ / "copy");
        SilentProgress silent;
        const auto copied = copy_tree(sys::RootedDir::open(dir_ / "root"), sys::RootedDir::open(dir_ / "copy"), silent);
        fs::remove_all(dir_ / "copy");
        return copied.sums;
    }

    test::TempDir dir_;
};

const TarMember kBin{.name = "./usr/bin/", .type = '5'};
const TarMember kFile{.name = "./usr/bin/x", .data = "hello", .mode = "0004755"};

TEST_F(UnpackTest, CountsAndHashesWhatItUnpacks) {
    const auto tar = make_tar(kBin, kFile, TarMember{.name = "./dev/sda", .type = '4'});
    const auto archive = make_xz(tar, 1000);
    const auto result = unpack(archive);
    EXPECT_EQ(result.entries, 3u);
    EXPECT_EQ(result.bytes, 5u);
    EXPECT_EQ(result.skipped_devices, 1u);
    EXPECT_EQ(result.sha256, sha256_hex(archive));
    EXPECT_EQ(sys::read_file(root("usr/bin/x")), "hello");
    UnpackOptions after;
    after.hash.update("before");
    EXPECT_EQ(unpack(archive, after).sha256, sha256_hex("before" + archive));
    EXPECT_EQ(unpack(tar + std::string(100'000, '\0')).sha256, sha256_hex(tar + std::string(100'000, '\0')));
}

TEST_F(UnpackTest, TakesTheMembersBelowADirectory) {
    std::map<std::string, std::string> others;
    const UnpackOptions options{.below = "rootfs",
                                .other = [&](const std::string& path, std::string text) { others[path] = text; }};
    unpack(make_tar(TarMember{.name = "metadata.yaml", .data = "architecture: x86_64\n"},
                    TarMember{.name = "rootfs/", .type = '5', .mode = "0000711"},
                    TarMember{.name = "rootfs/a", .data = "1"},
                    TarMember{.name = "rootfs/b", .type = '1', .link = "rootfs/a"},
                    TarMember{.name = "templates/hostname.tpl", .data = "{{ container.name }}\n"},
                    TarMember{.name = "rootfs2", .data = "other"}, TarMember{.name = "s", .type = '2', .link = "/"}),
           options);
    EXPECT_EQ(others.size(), 3u);
    EXPECT_EQ(others["templates/hostname.tpl"], "{{ container.name }}\n");
    EXPECT_EQ(sys::list_dir(root("")), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(fs::hard_link_count(root("a")), 2u);
    EXPECT_EQ(fs::status(root("")).permissions(), fs::perms(0711));
    EXPECT_EQ(refusal(make_tar(TarMember{.name = "a", .data = "1"},
                               TarMember{.name = "rootfs/b", .type = '1', .link = "a"}), options),
              "x.tar: unpack 'rootfs/b': a hard link to 'a', outside of 'rootfs'");
}

TEST_F(UnpackTest, LeavesOutWhatIsExcluded) {
    unpack(make_tar(TarMember{.name = "./dev/", .type = '5'}, TarMember{.name = "./dev/null", .data = "1"},
                    TarMember{.name = "./dev/pts/", .type = '5'}, TarMember{.name = "./proc/", .type = '5'},
                    TarMember{.name = "./proc/x", .data = "1"}, TarMember{.name = "./sub/dev/null", .data = "1"}),
           {.excludes = {"dev/*", "./proc"}});
    EXPECT_EQ(sys::list_dir(root("dev")), (std::vector<std::string>{}));
    EXPECT_FALSE(fs::exists(root("proc")));
    EXPECT_TRUE(fs::exists(root("sub/dev/null")));
}

// A member with the name of a file of ours lands in the tree like any other, and nowhere else.
TEST_F(UnpackTest, NamesOfOurFilesMeanNothing) {
    unpack(make_tar(TarMember{.name = "config", .data = "x"}, TarMember{.name = "partial", .data = "x"},
                    TarMember{.name = "rootfs", .data = "x"}, TarMember{.name = "image", .data = "x"},
                    TarMember{.name = "metadata.yaml", .data = "x"}, TarMember{.name = ".wh.x", .data = "x"}));
    EXPECT_EQ(sys::list_dir(root("")).size(), 6u);
    EXPECT_EQ(sys::list_dir(dir_.path()).size(), 2u); // the archive and the tree
}

TEST_F(UnpackTest, TheSumsAreThoseOfALaterWalk) {
    TreeSums sums;
    const std::string big(300'000, 'b');
    const UnpackOptions options{.tree = {.sums = &sums}};
    unpack(make_tar(kBin, kFile, TarMember{.name = "implied/by/name", .data = big},
                    TarMember{.name = "h", .type = '1', .link = "./usr/bin/x"},
                    TarMember{.name = "l", .type = '2', .link = "nowhere"}, TarMember{.name = "p", .type = '6'},
                    TarMember{.name = "twice", .data = "first"}, TarMember{.name = "twice", .data = "second"},
                    pax(pax_record("GNU.sparse.size", "1000000") + pax_record("GNU.sparse.map", "4096,5")),
                    TarMember{.name = "sparse", .data = "holes"}),
           options);
    EXPECT_EQ(first_difference(sums.text(), walked_sums()), "");
    EXPECT_EQ(sums.text(), walked_sums());
}

TEST_F(UnpackTest, HolesStayHoles) {
    unpack(make_tar(pax(pax_record("GNU.sparse.size", "100000000") + pax_record("GNU.sparse.map", "50003968,5")),
                    TarMember{.name = "f", .data = "holes"}));
    struct stat info {};
    ASSERT_EQ(::stat(root("f").c_str(), &info), 0);
    EXPECT_EQ(info.st_size, 100'000'000);
    EXPECT_LT(info.st_blocks * 512, 1'000'000);
    const Fd file = sys::open_file(root("f"));
    EXPECT_EQ(sys::read_all(file, "f", 200'000'000).substr(50'003'966, 9), std::string("\0\0holes\0\0", 9));
    EXPECT_EQ(refusal(make_tar(pax(pax_record("GNU.sparse.size", "100000000") + pax_record("GNU.sparse.map", "0,5")),
                               TarMember{.name = "f", .data = "holes"}),
                      {.tree = {.max_bytes = 1'000'000}}),
              "x.tar: unpack 'f': the content is larger than allowed");
}

} // namespace
} // namespace lxcpp::image
