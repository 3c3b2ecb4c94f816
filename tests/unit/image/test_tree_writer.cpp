// SPDX-License-Identifier: Apache-2.0
#include "image/tree_writer.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "image/tree_sums.h"
#include "sys/file.h"
#include "sys/file_meta.h"
#include "tar_builder.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;

// A tree to unpack into, beside a canary that no archive may reach.
class TreeWriterTest : public testing::Test {
protected:
    TreeWriterTest() {
        fs::create_directory(dir_ / "root");
        fs::create_directory(dir_ / "canary");
        sys::write_file_atomic(dir_ / "canary/secret", "untouched");
    }

    // What unpacking says; "" when it worked.
    std::string unpack(const std::string& archive, TreeWriterOptions options = {}) {
        return test::error_of([&] {
            const auto root = sys::RootedDir::open(dir_ / "root");
            TreeWriter writer(root, options);
            TarReader reader(text_source(archive), "x.tar");
            while (const TarEntry* entry = reader.next()) writer.write(*entry, reader);
            writer.finish();
            skipped_ = writer.skipped_devices();
        });
    }

    [[nodiscard]] std::string read(std::string_view path) const { return sys::read_file(root(path)); }
    [[nodiscard]] fs::path root(std::string_view path) const { return dir_ / "root" / path; }
    [[nodiscard]] struct stat info(std::string_view path) const {
        struct stat result {};
        EXPECT_EQ(::lstat(root(path).c_str(), &result), 0) << path;
        return result;
    }
    void expect_canary_unharmed() const {
        EXPECT_EQ(sys::read_file(dir_ / "canary/secret"), "untouched");
        EXPECT_EQ(sys::list_dir(dir_ / "canary").size(), 1u);
    }
    [[nodiscard]] std::string canary() const { return (dir_ / "canary").string(); }

    test::TempDir dir_;
    std::uint64_t skipped_ = 0;
};

TEST_F(TreeWriterTest, CreatesWhatTheArchiveSays) {
    ASSERT_EQ(unpack(make_tar(TarMember{.name = "./", .type = '5', .mode = "0000750"},
                              TarMember{.name = "./d/", .type = '5', .mode = "0000555"},
                              TarMember{.name = "./d/f", .data = "hello", .mode = "0004711"},
                              TarMember{.name = "./d/h", .type = '1', .link = "./d/f"},
                              TarMember{.name = "./l", .type = '2', .link = "/etc/passwd"},
                              TarMember{.name = "./p", .type = '6', .mode = "0000600"},
                              TarMember{.name = "deep/er/f", .data = std::string(300'000, 'x')})),
              "");
    EXPECT_EQ(read("d/f"), "hello");
    EXPECT_EQ(info("d/f").st_mode, S_IFREG | 04711u);
    EXPECT_EQ(info("d/f").st_ino, info("d/h").st_ino);
    EXPECT_EQ(info("d").st_mode, S_IFDIR | 0555u);
    EXPECT_EQ(info("d").st_mtim.tv_sec, 014000000000);
    EXPECT_EQ(info("d/f").st_mtim.tv_sec, 014000000000);
    EXPECT_EQ(fs::read_symlink(root("l")), "/etc/passwd");
    EXPECT_EQ(info("p").st_mode, S_IFIFO | 0600u);
    EXPECT_EQ(info("").st_mode & 07777u, 0750u);
    EXPECT_EQ(read("deep/er/f").size(), 300'000u);
    ::chmod(root("d").c_str(), 0755);
}

TEST_F(TreeWriterTest, RefusesPathsThatLeaveTheTree) {
    const auto one = [&](const std::string& name) { return unpack(make_tar(TarMember{.name = name, .data = "x"})); };
    EXPECT_EQ(one("../x"), "unpack '../x': a path with '..'");
    EXPECT_EQ(one("a/../../x"), "unpack 'a/../../x': a path with '..'");
    EXPECT_EQ(one("/abs"), "unpack '/abs': an absolute path");
    EXPECT_EQ(one("//abs"), "unpack '//abs': an absolute path");
    EXPECT_EQ(one("./.."), "unpack './..': a path with '..'");
    EXPECT_EQ(unpack(make_tar(TarMember{.name = "old/"})), ""); // a directory, the historic way
    EXPECT_TRUE(fs::is_directory(root("old")));
    expect_canary_unharmed();
}

TEST_F(TreeWriterTest, NeverPassesThroughALink) {
    const auto archive = make_tar(TarMember{.name = "d", .type = '2', .link = canary()},
                                  TarMember{.name = "d/x", .data = "x"});
    EXPECT_NE(unpack(archive), "");
    expect_canary_unharmed();
}

TEST_F(TreeWriterTest, FollowsLinksOnlyWithinTheTreeWhenAllowed) {
    const TreeWriterOptions in_root{.parents = sys::Links::InRoot};
    ASSERT_EQ(unpack(make_tar(TarMember{.name = "usr/lib/", .type = '5'},
                              TarMember{.name = "lib", .type = '2', .link = "usr/lib"},
                              TarMember{.name = "lib/", .type = '5', .mode = "0000700"},
                              TarMember{.name = "lib/f", .data = "x"},
                              TarMember{.name = "abs", .type = '2', .link = "/usr/lib"},
                              TarMember{.name = "abs/g", .data = "y"}),
                     in_root),
              "");
    EXPECT_EQ(read("usr/lib/f"), "x");
    EXPECT_EQ(read("usr/lib/g"), "y");
    EXPECT_TRUE(fs::is_symlink(root("lib")));
    // Out of the tree there is no way: ".." at the top stays at the top.
    EXPECT_NE(unpack(make_tar(TarMember{.name = "out", .type = '2', .link = "../canary"},
                              TarMember{.name = "out/secret", .data = "x"}),
                     in_root),
              "");
    expect_canary_unharmed();
}

TEST_F(TreeWriterTest, EndsOnLoopsOfLinks) {
    const TreeWriterOptions in_root{.parents = sys::Links::InRoot};
    EXPECT_NE(unpack(make_tar(TarMember{.name = "a", .type = '2', .link = "b"},
                              TarMember{.name = "b", .type = '2', .link = "a"},
                              TarMember{.name = "a/x", .data = "x"}),
                     in_root),
              "");
}

TEST_F(TreeWriterTest, ReplacesFilesWithoutWritingThroughThem) {
    ASSERT_EQ(unpack(make_tar(TarMember{.name = "a", .data = "first"},
                              TarMember{.name = "b", .type = '1', .link = "a"},
                              TarMember{.name = "b", .data = "second"})),
              "");
    EXPECT_EQ(read("a"), "first");
    EXPECT_EQ(read("b"), "second");
}

TEST_F(TreeWriterTest, RefusesToTurnOneThingIntoAnother) {
    const auto after = [&](const TarMember& first, const TarMember& second) {
        fs::remove_all(root("x"));
        return unpack(make_tar(first, second));
    };
    const TarMember file{.name = "x", .data = "1"};
    const TarMember link{.name = "x", .type = '2', .link = canary() + "/secret"};
    const TarMember directory{.name = "x", .type = '5'};
    EXPECT_EQ(after(link, file), "unpack 'x': it is a symbolic link already and would become a file");
    EXPECT_EQ(after(directory, link), "unpack 'x': it is a directory already and would become a symbolic link");
    EXPECT_EQ(after(link, directory), "unpack 'x': it is a symbolic link already and would become a directory");
    EXPECT_EQ(after(file, directory), "unpack 'x': it is a file already and would become a directory");
    EXPECT_EQ(after(link, TarMember{.name = "x", .type = '2', .link = "other"}), "");
    expect_canary_unharmed();
}

TEST_F(TreeWriterTest, RefusesHardLinksToAnythingButFilesOfTheTree) {
    const auto link = [&](const std::string& target) {
        return unpack(make_tar(TarMember{.name = "d", .type = '5'},
                               TarMember{.name = "s", .type = '2', .link = canary() + "/secret"},
                               TarMember{.name = "h", .type = '1', .link = target}));
    };
    EXPECT_EQ(link(canary() + "/secret"), "unpack '" + canary() + "/secret': an absolute path");
    EXPECT_EQ(link("../canary/secret"), "unpack '../canary/secret': a path with '..'");
    EXPECT_EQ(link("s"), "unpack 'h': a hard link to 's', which is a symbolic link");
    EXPECT_EQ(link("d"), "unpack 'h': a hard link to 'd', which is a directory");
    EXPECT_EQ(link("none"), "unpack 'h': a hard link to 'none', which is not there");
    EXPECT_EQ(link("h"), "unpack 'h': a hard link to 'h', which is not there");
    struct stat secret {};
    ::stat((canary() + "/secret").c_str(), &secret);
    EXPECT_EQ(secret.st_nlink, 1u);
}

TEST_F(TreeWriterTest, LeavesDevicesOut) {
    EXPECT_EQ(unpack(make_tar(TarMember{.name = "sda", .type = '4'}, TarMember{.name = "mem", .type = '3'})), "");
    EXPECT_EQ(skipped_, 2u);
    EXPECT_FALSE(fs::exists(root("sda")));
}

TEST_F(TreeWriterTest, RefusesOwnersOutsideOfTheRange) {
    const auto owned = [&](const std::string& uid) { return unpack(make_tar(TarMember{.name = "f", .uid = uid})); };
    EXPECT_NE(owned("0200000").find("owner 65536:"), std::string::npos);
    EXPECT_NE(owned("7777777").find("is outside of the container's range 0..65535"), std::string::npos);
    EXPECT_FALSE(fs::exists(root("f")));
}

TEST_F(TreeWriterTest, KeepsItsLimits) {
    const auto archive = make_tar(TarMember{.name = "a", .data = "12345"}, TarMember{.name = "b", .data = "12345"});
    EXPECT_EQ(unpack(archive, {.max_bytes = 9}), "unpack 'b': the content is larger than allowed");
    EXPECT_EQ(unpack(archive, {.max_entries = 1}), "unpack 'b': too many members");
    std::string deep;
    for (int i = 0; i < 600; ++i) deep += "d/";
    EXPECT_NE(unpack(make_tar(pax(pax_record("path", deep + "f")), TarMember{.name = "f"})).find("too many directories"),
              std::string::npos);
}

TEST_F(TreeWriterTest, DropsAttributesThatDriveTheHost) {
    const auto attribute = [](const std::string& name) { return pax_record("SCHILY.xattr." + name, "y"); };
    const auto error = unpack(make_tar(pax(attribute("trusted.overlay.opaque") + attribute("user.overlay.opaque") +
                                           attribute("security.selinux") + attribute("security.ima") +
                                           attribute("system.posix_acl_access")),
                                       TarMember{.name = "f"}));
    EXPECT_EQ(error, "");
    std::string many;
    for (int i = 0; i < 100; ++i) many += attribute("user.n" + std::to_string(i));
    EXPECT_EQ(unpack(make_tar(pax(many), TarMember{.name = "g"})), "unpack 'g': too many attributes");
}

TEST_F(TreeWriterTest, CapabilitiesAreThoseOfNoNamespace) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may set capabilities of files";
    const std::string bits("\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    const std::string second = std::string("\1\0\0\2", 4) + bits;
    const std::string third = std::string("\1\0\0\3", 4) + bits + std::string("\xa0\x86\1\0", 4); // of root 100000
    for (const std::string& value : {second, third}) {
        ASSERT_EQ(unpack(make_tar(pax(pax_record("SCHILY.xattr.security.capability", value)),
                                  TarMember{.name = "f", .data = "x", .uid = "0000000", .gid = "0000000"})),
                  "");
        EXPECT_EQ(sys::read_xattrs(sys::open_file(root("f")), "f"), (Xattrs{{"security.capability", second}}));
    }
    EXPECT_NE(unpack(make_tar(pax(pax_record("SCHILY.xattr.security.capability", "junk")), TarMember{.name = "g"})), "");
}

TEST_F(TreeWriterTest, KeepsNamesByteForByte) {
    const std::vector<std::string> names{"K", "k", "\u212a", "caf\u00e9", "cafe\u0301", "dot.", "back\\slash", "line\nbreak", "\xff\xfe"};
    for (const std::string& name : names) ASSERT_EQ(unpack(make_tar(TarMember{.name = name, .data = name})), "");
    for (const std::string& name : names) EXPECT_EQ(read(name), name);
    EXPECT_EQ(sys::list_dir(root("")).size(), names.size());
}

// 0:0 is what an overlay takes for a removed file.
TEST_F(TreeWriterTest, MakesNoWhiteout) {
    EXPECT_EQ(unpack(make_tar(TarMember{.name = "f", .data = "x"}, TarMember{.name = "f", .type = '3'})), "");
    EXPECT_EQ(read("f"), "x");
    EXPECT_EQ(skipped_, 1u);
}

TEST(PortableXattr, AreTheOnesThatDriveNothing) {
    for (const char* name : {"security.capability", "user.comment"}) EXPECT_TRUE(is_portable_xattr(name)) << name;
    for (const char* name : {"user.overlay.opaque", "user.overlay.redirect", "trusted.overlay.opaque", "trusted.x", "security.selinux",
                             "security.ima", "system.posix_acl_access", "other"})
        EXPECT_FALSE(is_portable_xattr(name)) << name;
}

TEST(NormalPath, TakesPathsApart) {
    EXPECT_EQ(normal_path("./usr//bin/"), "usr/bin");
    EXPECT_EQ(normal_path("."), "");
    EXPECT_EQ(normal_path("a/.b/..c/d."), "a/.b/..c/d.");
    EXPECT_EQ(normal_path("a\\b\n"), "a\\b\n"); // bytes stay as they are
}

} // namespace
} // namespace lxcpp::image
