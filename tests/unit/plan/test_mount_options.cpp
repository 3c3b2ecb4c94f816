// SPDX-License-Identifier: Apache-2.0
#include "plan/mount_options.h"

#include "support/error_of.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

namespace lxcpp {
namespace {

using test::error_of;

MountOptions parse(std::string_view text) { return parse_mount_options(text, "lxc.mount.entry"); }

struct Flags {
    std::string_view words;
    std::uint64_t set;
    std::uint64_t clear;
};

class MountAttributes : public testing::TestWithParam<Flags> {};

TEST_P(MountAttributes, OfWords) {
    const Flags& row = GetParam();
    const MountOptions options = parse(row.words);
    EXPECT_EQ(options.set, row.set) << row.words;
    EXPECT_EQ(options.clear, row.clear) << row.words;
    EXPECT_TRUE(options.data.empty()) << row.words;
}

constexpr std::uint64_t kNoSymFollow = 0x00200000;

INSTANTIATE_TEST_SUITE_P(
    Words, MountAttributes,
    testing::Values(Flags{"", 0, 0}, Flags{"defaults", 0, 0}, Flags{"ro", MOUNT_ATTR_RDONLY, 0},
                    Flags{"rw", 0, MOUNT_ATTR_RDONLY}, Flags{"nosuid", MOUNT_ATTR_NOSUID, 0},
                    Flags{"suid", 0, MOUNT_ATTR_NOSUID}, Flags{"nodev", MOUNT_ATTR_NODEV, 0},
                    Flags{"dev", 0, MOUNT_ATTR_NODEV}, Flags{"noexec", MOUNT_ATTR_NOEXEC, 0},
                    Flags{"exec", 0, MOUNT_ATTR_NOEXEC}, Flags{"nosymfollow", kNoSymFollow, 0},
                    Flags{"symfollow", 0, kNoSymFollow}, Flags{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
                    Flags{"diratime", 0, MOUNT_ATTR_NODIRATIME},
                    Flags{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
                    Flags{"relatime", 0, MOUNT_ATTR__ATIME}, Flags{"atime", 0, 0}, Flags{"norelatime", 0, 0},
                    Flags{"nostrictatime", 0, 0}, Flags{"async", 0, 0}, Flags{"nomand", 0, 0}, Flags{"loud", 0, 0},
                    // the last word wins
                    Flags{"ro,rw", 0, MOUNT_ATTR_RDONLY}, Flags{"rw,ro", MOUNT_ATTR_RDONLY, 0},
                    Flags{" ro , nosuid ,,", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0}));

// mount_setattr(2) refuses an access-time mode unless the whole field is cleared with it.
TEST(MountOptions, AnAccessTimeModeReplacesTheOther) {
    const MountOptions options = parse("noatime,strictatime");
    EXPECT_EQ(options.set, MOUNT_ATTR_STRICTATIME);
    EXPECT_EQ((options.set | options.clear) & MOUNT_ATTR__ATIME, MOUNT_ATTR__ATIME);
    EXPECT_EQ(parse("strictatime,noatime").set, MOUNT_ATTR_NOATIME);
    EXPECT_EQ(parse("noatime,relatime").set, 0U);
}

TEST(MountOptions, Verbs) {
    EXPECT_TRUE(parse("bind").bind);
    EXPECT_FALSE(parse("bind").recursive);
    EXPECT_TRUE(parse("rbind").recursive);
    EXPECT_TRUE(parse("move").move);
    EXPECT_TRUE(parse("relative").relative);
    EXPECT_TRUE(parse("optional").optional);
    EXPECT_TRUE(parse("remount").remount);
    EXPECT_EQ(parse("create=dir").create, Create::Dir);
    EXPECT_EQ(parse("create=file").create, Create::File);
    EXPECT_EQ(parse("idmap=container").idmap, "container");
    EXPECT_EQ(parse("idmap=/proc/7/ns/user").idmap, "/proc/7/ns/user");
}

TEST(MountOptions, Propagation) {
    EXPECT_EQ(parse("shared").propagation, MS_SHARED);
    EXPECT_EQ(parse("slave").propagation, MS_SLAVE);
    EXPECT_EQ(parse("private").propagation, MS_PRIVATE);
    EXPECT_EQ(parse("unbindable").propagation, MS_UNBINDABLE);
    EXPECT_FALSE(parse("slave").propagation_recursive);
    for (const char* word : {"rshared", "rslave", "rprivate", "runbindable"}) {
        EXPECT_TRUE(parse(word).propagation_recursive) << word;
        EXPECT_NE(parse(word).propagation, 0U) << word;
    }
    EXPECT_EQ(parse("rslave").propagation, MS_SLAVE);
}

TEST(MountOptions, TheRestIsForTheFileSystem) {
    EXPECT_EQ(parse("size=1m,ro,mode=0755,rshare").data, (std::vector<std::string>{"size=1m", "mode=0755", "rshare"}));
}

TEST(MountOptions, Errors) {
    EXPECT_EQ(error_of([] { (void)parse("create=link"); }), "lxc.mount.entry: create= takes dir or file, not \"link\"");
    EXPECT_EQ(error_of([] { (void)parse("idmap="); }), "lxc.mount.entry: idmap= takes container or a path");
    EXPECT_EQ(error_of([] { (void)parse_mount_options("create=", "lxc.rootfs.options"); }),
              "lxc.rootfs.options: create= takes dir or file, not \"\"");
}

} // namespace
} // namespace lxcpp
