// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/generator.h"

#include "support/error_of.h"
#include "support/temp_dir.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Generators : public testing::Test {
protected:
    Generators() {
        fs::create_directories(top / "root/etc");
        fs::create_directories(top / "host");
    }

    void put(const std::string& path, const std::string& text) {
        fs::create_directories((top / path).parent_path());
        std::ofstream(top / path) << text;
    }
    std::string text(const std::string& path) const {
        std::ifstream file(top / path);
        if (!file) return "(none)";
        std::ostringstream all;
        all << file.rdbuf();
        return all.str();
    }
    unsigned mode(const std::string& path) const { return static_cast<unsigned>(fs::status(top / path).permissions()); }

    void run(const FileEntry& entry, Output output = Output::Lxc) {
        run_generator(entry, {.output = output}, sys::RootedDir::open(top / "root"), top / "host", files);
    }
    std::string refused(const FileEntry& entry, Output output = Output::Lxc) {
        return error_of([&] { run(entry, output); });
    }

    test::TempDir top;
    ImageFiles files;
};

TEST_F(Generators, DumpWritesWholeLines) {
    run({.generator = "dump", .path = "/a/b/c", .content = "one\ntwo", .templated = true, .mode = "0640"});
    EXPECT_EQ(text("root/a/b/c"), "one\ntwo\n");
    EXPECT_EQ(mode("root/a/b/c"), 0640u);
    EXPECT_THAT(files.lxc_templates, ElementsAre("/a/b/c"));
    run({.generator = "dump", .path = "/empty"});
    EXPECT_EQ(text("root/empty"), "\n");
    put("root/etc/old", "a long text that goes");
    fs::permissions(top / "root/etc/old", fs::perms(0600));
    run({.generator = "dump", .path = "/etc/old", .content = "new"}, Output::Directory);
    EXPECT_EQ(text("root/etc/old"), "new\n");
    EXPECT_EQ(mode("root/etc/old"), 0600u);
}

TEST_F(Generators, DumpKnowsUsersByName) {
    put("root/etc/passwd", "me:x:" + std::to_string(::getuid()) + ":" + std::to_string(::getgid()) + "::/:/bin/sh\n");
    put("root/etc/group", "us:x:" + std::to_string(::getgid()) + ":\n");
    run({.generator = "dump", .path = "/x", .uid = "me", .gid = "us"});
    EXPECT_EQ(text("root/x"), "\n");
    EXPECT_THAT(refused({.generator = "dump", .path = "/x", .uid = "nobody-here"}), HasSubstr("dump /x: "));
}

// A link in the image means the image's file, never the host's.
TEST_F(Generators, StayWithinTheTree) {
    put("host/secret", "secret");
    fs::create_symlink(top.path() / "host", top / "root/away");
    fs::create_symlink("../../../../../../host/secret", top / "root/etc/up");
    run({.generator = "dump", .path = "/etc/up", .content = "x"}); // leads nowhere within the tree
    EXPECT_EQ(text("host/secret"), "secret");
    EXPECT_FALSE(fs::is_symlink(top / "root/etc/up"));
    fs::remove(top / "root/etc/up");
    fs::create_symlink(top.path() / "host/secret", top / "root/etc/up");
    EXPECT_THAT(refused({.generator = "dump", .path = "/away/secret", .content = "x"}), HasSubstr("dump /away/secret: "));
    EXPECT_EQ(text("host/secret"), "secret");
    fs::create_symlink("/", top / "root/slash");
    run({.generator = "dump", .path = "/slash/etc/inside", .content = "x"});
    EXPECT_EQ(text("root/etc/inside"), "x\n");
    run({.generator = "remove", .path = "/away/secret"});
    run({.generator = "remove", .path = "/etc/up"});
    EXPECT_EQ(text("host/secret"), "secret");
    EXPECT_FALSE(fs::is_symlink(top / "root/etc/up"));
}

TEST_F(Generators, RefuseWhatIsNoFile) {
    ASSERT_EQ(::mkfifo((top / "root/fifo").c_str(), 0600), 0);
    EXPECT_THAT(refused({.generator = "dump", .path = "/fifo"}),
                HasSubstr("dump /fifo: /fifo: is there already and is no file"));
    EXPECT_THAT(refused({.generator = "dump", .path = "/etc"}),
                HasSubstr("/etc: is there already and is no file"));
    EXPECT_THAT(refused({.generator = "dump", .path = "relative"}),
                HasSubstr("relative: is no absolute path"));
    EXPECT_THAT(refused({.generator = "dump"}), HasSubstr("no path is given"));
    EXPECT_THAT(refused({.generator = "remove", .path = "//"}), HasSubstr("the root itself stays"));
}

TEST_F(Generators, CopyTakesFilesTreesAndPatterns) {
    put("host/a.conf", "a");
    put("host/b.conf", "b");
    put("host/tree/sub/file", "deep");
    fs::create_symlink("sub/file", top / "host/tree/link");
    fs::permissions(top / "host/a.conf", fs::perms(0755));
    run({.generator = "copy", .path = "/etc/x.conf", .source = "a.conf"});
    EXPECT_EQ(text("root/etc/x.conf"), "a");
    EXPECT_EQ(mode("root/etc/x.conf"), 0755u);
    run({.generator = "copy", .path = "/etc/d/", .source = "a.conf"});
    EXPECT_EQ(text("root/etc/d/a.conf"), "a");
    run({.generator = "copy", .path = "/etc/all", .source = "*.conf"});
    EXPECT_EQ(text("root/etc/all/b.conf"), "b");
    run({.generator = "copy", .path = "/srv", .source = "tree"}, Output::Directory);
    EXPECT_EQ(text("root/srv/sub/file"), "deep");
    EXPECT_EQ(fs::read_symlink(top / "root/srv/link"), "sub/file");
    run({.generator = "copy", .source = (top / "host/b.conf").string()});
    EXPECT_EQ(text("root" + (top / "host/b.conf").string()), "b");
    EXPECT_THAT(refused({.generator = "copy", .path = "/x", .source = "none"}), HasSubstr("none: is not there"));
    EXPECT_THAT(refused({.generator = "copy", .path = "/x", .source = "*.none"}), HasSubstr("matches nothing"));
}

TEST_F(Generators, RemoveTakesTreesAndWhatIsNotThere) {
    put("root/var/a/b", "x");
    run({.generator = "remove", .path = "/var/a"}, Output::Directory);
    EXPECT_FALSE(fs::exists(top / "root/var/a"));
    run({.generator = "remove", .path = "/var/a"});
    run({.generator = "remove", .path = "/no/such/place"});
}

TEST_F(Generators, NamesAreFilledInLater) {
    put("root/etc/hostname", "distrobuilder\n");
    put("root/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 distrobuilder distrobuilders\n");
    run({.generator = "hostname", .path = "/etc/hostname"});
    run({.generator = "hosts", .path = "/etc/hosts"});
    EXPECT_EQ(text("root/etc/hostname"), "LXC_NAME\n");
    EXPECT_EQ(text("root/etc/hosts"), "127.0.0.1 localhost\n127.0.1.1 LXC_NAME distrobuilders\n");
    EXPECT_THAT(files.lxc_templates, ElementsAre("/etc/hostname", "/etc/hosts"));
    put("root/etc/hosts", "127.0.0.1 localhost\n");
    run({.generator = "hosts", .path = "/etc/hosts"});
    EXPECT_EQ(text("root/etc/hosts"), "127.0.1.1\tLXC_NAME\n127.0.0.1 localhost\n");
    run({.generator = "hostname", .path = "/etc/none"});
    EXPECT_FALSE(fs::exists(top / "root/etc/none"));
}

TEST_F(Generators, IncusHasTemplatesOfItsOwn) {
    put("root/etc/hostname", "x\n");
    put("root/etc/hosts", "127.0.1.1 distrobuilder\n");
    run({.generator = "hostname", .path = "/etc/hostname"}, Output::Incus);
    run({.generator = "hosts", .path = "/etc/hosts"}, Output::Incus);
    run({.generator = "template", .path = "/etc/t", .content = "{{ a }}", .name = "t", .instance = {.properties = {{"k", "v"}}, .when = {"rename"}}, .mode = "0755"}, Output::Incus);
    EXPECT_EQ(text("root/etc/hostname"), "x\n");
    ASSERT_EQ(files.instance_templates.size(), 3u);
    EXPECT_EQ(files.instance_templates[0].text, "{{ container.name }}\n");
    EXPECT_THAT(files.instance_templates[0].when, ElementsAre("create", "copy"));
    EXPECT_EQ(files.instance_templates[1].text, "127.0.1.1 {{ container.name }}\n");
    EXPECT_EQ(files.instance_templates[2].text, "{{ a }}\n");
    EXPECT_THAT(files.instance_templates[2].when, ElementsAre("rename"));
    EXPECT_EQ(files.instance_templates[2].mode, "0755");
    EXPECT_THAT(refused({.generator = "template", .path = "/x", .name = "../x"}, Output::Incus), HasSubstr("is no name for a template"));
    run({.generator = "template", .path = "/etc/t", .name = "t"}, Output::Lxc);
    EXPECT_EQ(files.instance_templates.size(), 3u);
}

// Slackware has its name in two files; a recipe may have a file of its parts again.
TEST_F(Generators, IncusHasOneTemplateForAFile) {
    for (const char* path : {"etc/hostname", "etc/HOSTNAME"}) put("root/" + std::string(path), "x\n");
    for (const char* path : {"/etc/hostname", "/etc/HOSTNAME", "/etc/hostname"}) run({.generator = "hostname", .path = path}, Output::Incus);
    ASSERT_EQ(files.instance_templates.size(), 2u);
    for (const InstanceTemplate& one : files.instance_templates) EXPECT_EQ(one.file, "hostname.tpl");
    run({.generator = "template", .path = "/etc/hostname", .content = "other", .name = "hostname"}, Output::Incus);
    run({.generator = "template", .path = "/etc/third", .content = "third", .name = "hostname"}, Output::Incus);
    ASSERT_EQ(files.instance_templates.size(), 3u);
    EXPECT_EQ(files.instance_templates[0].target, "/etc/HOSTNAME");
    EXPECT_EQ(files.instance_templates[1].file, "hostname-2.tpl");
    EXPECT_EQ(files.instance_templates[2].file, "hostname-3.tpl");
}

TEST_F(Generators, CloudInitIsOffForLxc) {
    fs::create_directories(top / "root/etc/runlevels/boot");
    fs::create_symlink("/etc/init.d/cloud-init", top / "root/etc/runlevels/boot/cloud-init");
    fs::create_symlink("/etc/init.d/sshd", top / "root/etc/runlevels/boot/sshd");
    run({.generator = "cloud-init", .name = "user-data"});
    EXPECT_FALSE(fs::is_symlink(top / "root/etc/runlevels/boot/cloud-init"));
    EXPECT_TRUE(fs::is_symlink(top / "root/etc/runlevels/boot/sshd"));
    EXPECT_EQ(text("root/etc/cloud/cloud-init.disabled"), "");
}

TEST_F(Generators, CloudInitIsSeededForIncus) {
    run({.generator = "cloud-init", .name = "user-data"}, Output::Incus);
    run({.generator = "cloud-init", .path = "/x", .content = "mine", .name = "network-config"}, Output::Incus);
    ASSERT_EQ(files.instance_templates.size(), 2u);
    EXPECT_EQ(files.instance_templates[0].target, "/var/lib/cloud/seed/nocloud-net/user-data");
    EXPECT_EQ(files.instance_templates[0].properties.at("default"), "#cloud-config\n{}");
    EXPECT_THAT(files.instance_templates[0].text, HasSubstr("config_get(\"cloud-init.user-data\""));
    EXPECT_EQ(files.instance_templates[1].target, "/x");
    EXPECT_THAT(files.instance_templates[1].text, HasSubstr("mine\n"));
    EXPECT_THAT(refused({.generator = "cloud-init", .name = "other"}, Output::Incus), HasSubstr("are known, not other"));
}

TEST_F(Generators, ATreeToPackGetsOnlyWhatIsTheSameForAll) {
    put("root/etc/hostname", "x\n");
    run({.generator = "hostname", .path = "/etc/hostname"}, Output::Directory);
    run({.generator = "incus-agent"}, Output::Directory);
    EXPECT_EQ(text("root/etc/hostname"), "x\n");
    EXPECT_THAT(files.lxc_templates, IsEmpty());
    EXPECT_THAT(refused({.generator = "incus-agent"}), HasSubstr("incus-agent: the agent runs in virtual machines"));
    EXPECT_THAT(refused({.generator = "fstab"}), HasSubstr("only images for Incus have one"));
    run({.generator = "fstab"}, Output::Incus);
    EXPECT_THAT(text("root/etc/fstab"), HasSubstr("LABEL=rootfs / ext4"));
}

} // namespace
} // namespace lxcpp::distro
