// SPDX-License-Identifier: Apache-2.0
#include "container/image_config.h"
#include "container/image_volumes.h"
#include "container/image_words.h"
#include "host/architecture.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gmock/gmock.h>

using namespace lxcpp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

class ImageConfig : public ::testing::Test {
protected:
    ImageConfig() {
        sys::make_dirs(data_ / "config");
        for (const char* name : {"common.conf", "userns.conf", "debian.common.conf", "debian.userns.conf"}) {
            sys::write_file_atomic(data_ / "config" / name, "");
        }
    }

    std::string added(const std::string& config, std::string base = {}) {
        content_.config = config;
        ConfigText text(base);
        notes_ = add_image_config(text, {record_, content_, {"c1", "/l/c1", "/l/c1/rootfs", data_.path()}, mapped_});
        std::string lines = text.text();
        const std::string where = (data_ / "config").string() + '/';
        for (auto at = lines.find(where); at != lines.npos; at = lines.find(where)) lines.erase(at, where.size());
        return lines;
    }

    test::TempDir data_;
    ImageRecord record_;
    ImageContent content_;
    std::vector<std::string> notes_;
    bool mapped_ = true;
};

} // namespace

TEST_F(ImageConfig, OursForTheDistributionAndTheName) {
    record_.distribution = "Debian";
    record_.architecture = "x86_64";
    EXPECT_EQ(added(""), "lxc.include = debian.common.conf\nlxc.include = debian.userns.conf\nlxc.arch = x86_64\nlxc.uts.name = c1\n");
    record_.distribution = "ubuntu"; // made like debian
    mapped_ = false;
    EXPECT_THAT(added(""), HasSubstr("lxc.include = debian.common.conf\nlxc.arch"));
    for (const char* other : {"alpine", "", "../debian", "x/y"}) {
        record_.distribution = other;
        EXPECT_THAT(added(""), HasSubstr("lxc.include = common.conf\nlxc.arch")) << other;
    }
}

TEST_F(ImageConfig, OnlyKeysThatAnImageMaySet) {
    const std::string config = "lxc.environment = A=b\nlxc.init.cmd = /sbin/init LXC_NAME\nlxc.mount.entry = /etc etc none bind 0 0\n"
                               "lxc.hook.pre-start = /bin/x\nlxc.hook.pre-start = /bin/y\nlxc.cap.keep = sys_admin\nlxc.idmap =\n# c\nother = 1\n";
    EXPECT_EQ(added(config), "lxc.include = common.conf\nlxc.include = userns.conf\nlxc.environment.runtime = A=b\nlxc.init.cmd = /sbin/init c1\nlxc.uts.name = c1\n");
    EXPECT_THAT(notes_, ElementsAre("the image asks for lxc.mount.entry, which an image may not set",
                                    "the image asks for lxc.hook.pre-start, which an image may not set",
                                    "the image asks for lxc.cap.keep, which an image may not set",
                                    "the image asks for lxc.idmap, which an image may not set"));
}

TEST_F(ImageConfig, ApplicationsAreTheSameWhateverTheyAreMadeOf) {
    sys::write_file_atomic(data_ / "config/oci.common.conf", "");
    record_.distribution = "debian";
    record_.kind = ImageKind::Application;
    EXPECT_EQ(added(""), "lxc.include = oci.common.conf\nlxc.include = userns.conf\nlxc.uts.name = c1\n");
}

TEST_F(ImageConfig, TakesNothingFromTheHostAndNoOtherFile) {
    added("lxc.environment = HOME\nlxc.include = /etc/passwd\nlxc.include = LXC_TEMPLATE_CONFIG/nesting.conf\n"
          "lxc.include = LXC_TEMPLATE_CONFIG/../x.common.conf\nlxc.include = LXC_TEMPLATE_CONFIG/alpine.common.conf\n"
          "lxc.signal.halt = NOPE\nlxc.broken\n");
    ASSERT_EQ(notes_.size(), 6u);
    EXPECT_THAT(notes_[0], HasSubstr("a variable of the host"));
    for (int i : {1, 2, 3}) EXPECT_THAT(notes_[i], HasSubstr("only the common.conf and userns.conf"));
    EXPECT_THAT(notes_[4], HasSubstr("lxc.signal.halt = NOPE"));
    EXPECT_THAT(notes_[5], HasSubstr("lxc.broken"));
}

TEST_F(ImageConfig, WhatTheAdministratorSaysStays) {
    const std::string text = added("lxc.signal.halt = SIGUSR1\nlxc.init.cmd = /a\n", "lxc.init.cmd = /b\nlxc.uts.name = mine\nlxc.environment = A=1\n");
    EXPECT_THAT(text, HasSubstr("lxc.init.cmd = /b\nlxc.uts.name = mine\nlxc.environment = A=1\n"));
    EXPECT_THAT(text, HasSubstr("lxc.signal.halt = SIGUSR1\n"));
    EXPECT_EQ(text.find("/a"), text.npos);
    EXPECT_EQ(text.find("c1"), text.npos);
}

TEST_F(ImageConfig, LinesForUnprivilegedOnes) {
    content_.config_user = "lxc.init.cmd = /user\n";
    EXPECT_THAT(added("lxc.init.cmd = /root\n"), HasSubstr("/user"));
    mapped_ = false;
    EXPECT_THAT(added("lxc.init.cmd = /root\n"), HasSubstr("/root"));
}

TEST_F(ImageConfig, AnotherImagesLinesTakeThePlaceOfTheFirsts) {
    content_.config = "lxc.init.cmd = /one\nlxc.environment = A=1\nlxc.signal.halt = SIGUSR1\n";
    const ImageConfigWish wish{record_, content_, {"c1", "/l/c1", "/l/c1/rootfs", "/nowhere"}, true};
    const ImageLines first = with_image_lines(ConfigText("lxc.net.0.type = empty\n"), "", wish);
    EXPECT_EQ(first.text.text(), "lxc.net.0.type = empty\n" + first.added);
    // The administrator changes one and adds one.
    std::string text = first.text.text() + "lxc.mount.entry = /a b none bind 0 0\n";
    text.replace(text.find("SIGUSR1"), 7, "SIGUSR2");
    content_.config = "lxc.init.cmd = /two\nlxc.environment = B=2\nlxc.signal.halt = SIGTERM\n";
    const ImageLines second = with_image_lines(ConfigText(text), first.added, wish);
    EXPECT_EQ(second.text.text(), "lxc.net.0.type = empty\nlxc.init.cmd = /two\nlxc.environment.runtime = B=2\nlxc.uts.name = c1\n"
                                  "lxc.signal.halt = SIGUSR2\nlxc.mount.entry = /a b none bind 0 0\n");
    const ImageLines again = with_image_lines(second.text, second.added, wish);
    EXPECT_EQ(again.text, second.text);
    EXPECT_EQ(again.added, second.added);
}

TEST(ImageWords, AreReplacedOnce) {
    const ImageWords words{"LXC_PATH", "/l/c1", "/l/c1/rootfs", "/data"};
    EXPECT_EQ(replace_words("LXC_NAME LXC_ROOTFS/x LXC_TEMPLATE_CONFIG/a LXC_HOOK_DIR LXC_OTHER LXC_", words),
              "LXC_PATH /l/c1/rootfs/x /data/config/a /data/hooks LXC_OTHER LXC_");
}

TEST(ImageVolumes, Paths) {
    for (const char* good : {"/data", "/var/lib/x y"}) EXPECT_TRUE(is_volume_path(good)) << good;
    for (const char* bad : {"", "/", "data", "/a/../b", "/a//b", "/a/", "/."}) EXPECT_FALSE(is_volume_path(bad)) << bad;
    EXPECT_EQ(volume_entry("/l/c 1", 2, "/a b", true), "/l/c\\0401/volumes/2 a\\040b none bind,create=dir,idmap=container 0 0");
    EXPECT_EQ(volume_entry("/l/c1", 0, "/a", false), "/l/c1/volumes/0 a none bind,create=dir 0 0");
}

TEST(Architectures, OfOneMachine) {
    EXPECT_TRUE(executes("x86_64", "amd64"));
    EXPECT_TRUE(executes("x86_64", "i686"));
    EXPECT_TRUE(executes("aarch64", "armhf"));
    EXPECT_FALSE(executes("i686", "x86_64"));
    EXPECT_FALSE(executes("x86_64", "aarch64"));
    EXPECT_FALSE(executes("x86_64", ""));
    EXPECT_TRUE(executes("mips", "mips"));
}
