// SPDX-License-Identifier: Apache-2.0
// Sources that run programs of this machine.
#include "distrobuilder/host_programs.h"
#include "distrobuilder/sandbox.h"
#include "distrobuilder/source_rpmbootstrap.h"
#include "source_lab.h"

namespace lxcpp {
namespace {

using distro::test::read_file;
using distro::test::run_tool;
using distro::test::write_file;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class HostProgramsTest : public test::SourceLab {};

TEST_P(HostProgramsTest, AreAllThatIsSeenOfTheMachine) {
    const std::string said = build([&](const distro::BuildIdentity&) {
        const auto place = home() / "cache/host";
        sys::make_dir(place, 0700);
        {
            const distro::HostPrograms host(place);
            const distro::Sandbox sandbox({.root = host.path(), .env = distro::HostPrograms::environment(), .log = log()});
            EXPECT_EQ(sandbox.run_script("#!/bin/sh\n"
                                         "ls -A / | tr '\\n' ' '; echo; ls /etc/shadow /home /var/lib 2>/dev/null\n"
                                         "ldconfig -V | head -n1 | cut -c1-8; cc --version | head -n1 | cut -c1-2\n"
                                         "for place in /usr/bin /usr/lib /etc/ssl /usr/.sbin; do touch $place/x 2>/dev/null && echo wrote $place; done\n"
                                         "echo mine >/build/file && cat /build/file; id -un\n"), 0);
        }
        std::filesystem::remove_all(place); // with nothing of the machine mounted in it
        return sys::read_file(log());
    });
    EXPECT_THAT(said, AllOf(HasSubstr("ldconfig"), HasSubstr("\ncc\n"), HasSubstr("\nmine\nroot\n"), Not(HasSubstr("wrote")), Not(HasSubstr("shadow")), Not(HasSubstr("dpkg"))));
    EXPECT_TRUE(sys::exists("/usr/bin/env") && sys::exists("/etc/ssl"));
}

// A source like BusyBox's: a Makefile with the same targets, and a program with applets.
class BusyboxSource : public test::SourceLab {
protected:
    BusyboxSource() {
        recipe_.image.release = "1.2.3";
        recipe_.source = {.downloader = "busybox", .url = server_.url("/"), .keys = {key()}};
        write_file(work("busybox-1.2.3/Makefile"), "all: busybox\nbusybox: busybox.c .config\n\tgrep -q ^CONFIG_STATIC=y .config\n\tgcc -O0 -static -o $@ busybox.c\n"
                                                   "defconfig:\n\techo '# CONFIG_STATIC is not set' >.config\n.PHONY: all defconfig\n");
        program("bin/busybox\\nbin/sh\\nusr/bin/env\\nsbin/init\\n");
    }
    void program(const std::string& applets) {
        write_file(work("busybox-1.2.3/busybox.c"), "#include <stdio.h>\nint main(void) { fputs(\"" + applets + "\", stdout); return 0; }\n");
        run_tool({"/bin/tar", "-cjf", work("x.tar.bz2"), "-C", scratch_.path(), "--owner=0", "--group=0", "busybox-1.2.3"});
        serve("busybox-1.2.3.tar.bz2", work("x.tar.bz2"));
        tar_ = read_file(work("x.tar.bz2"));
        tree_.put("busybox-1.2.3.tar.bz2.sha256", sha256_hex(tar_) + "  busybox-1.2.3.tar.bz2\n");
        tree_.put("busybox-1.2.3.tar.bz2.sig", signer_->sign("--detach-sign", tar_, {"-u", key_->fingerprint}));
    }
    std::string tar_;
};

TEST_P(BusyboxSource, IsCompiledHere) {
    const std::string made =
        build_source([](const std::filesystem::path& root, const distro::RootSource& source) {
            std::string text;
            for (const char* link : {"bin/sh", "usr/bin/env", "sbin/init"})
                text += std::filesystem::read_symlink(root / link).string() + ' ';
            for (const std::string& name : sys::list_dir(root)) text += name + ' ';
            const auto program = sys::stat_path(root / "bin/busybox", false);
            text += fmt::format("{}:{} {:o} {:o} {}", program->st_uid, program->st_gid,
                                program->st_mode & 07777u, sys::stat_path(root)->st_mode & 07777u,
                                source.verification()[0].text);
            return text;
        });
    EXPECT_EQ(made, "/bin/busybox /bin/busybox /bin/busybox bin dev mnt proc root sbin sys tmp usr "
                    "0:0 755 755 busybox-1.2.3.tar.bz2: signed by " +
                        key_->fingerprint)
        << printed();
}

TEST_P(BusyboxSource, TakesOnlyWhatIsRight) {
    tree_.damage("busybox-1.2.3.tar.bz2");
    EXPECT_THAT(build_file("bin/sh"), AllOf(HasSubstr("busybox-1.2.3.tar.bz2"), HasSubstr("changed after it was signed")));
    recipe_.source.keys.clear();
    EXPECT_THAT(build_file("bin/sh"), HasSubstr("nothing says that it is right"));
    recipe_.source.sha256 = sha256_hex(tar_);
    EXPECT_THAT(build_file("bin/sh"), AllOf(HasSubstr("busybox-1.2.3.tar.bz2"), HasSubstr("sha256")));
    EXPECT_EQ(printed(), "");
}

TEST_P(BusyboxSource, KeepsAppletsWithinTheTree) {
    program("bin/sh\\n../../outside\\n");
    EXPECT_THAT(build_file("bin/busybox"), HasSubstr("error: unpack '../../outside'"));
    write_file(work("busybox-1.2.3/Makefile"), "all:\n\tfalse\ndefconfig:\n\ttouch .config\n");
    program("");
    EXPECT_THAT(build_file("bin/busybox"), HasSubstr("error: busybox: compiling it failed (exit code 2)"));
}

class Rpmbootstrap : public test::SourceLab {
protected:
    Rpmbootstrap() {
        recipe_.source = {.downloader = "rpmbootstrap", .url = "[base]\nname=Base\nbaseurl=https://x/\n  https://y/\n", .components = {"dnf-plugins-core"}};
        recipe_.packages.sets = {{.packages = {"nano"}, .action = "install", .early = true}, {.packages = {"late"}, .action = "install"}, {.packages = {"never"}, .action = "remove", .early = true}};
    }
    // A machine with a dnf.
    void make_machine() {
        make_tree(work("machine"));
        make_program(work("machine/usr/bin/dnf"), "#!/bin/sh\necho \"$*\"\nmkdir -p /rootfs/etc && cat /etc/yum.repos.d/*.repo >/rootfs/etc/repo && echo \"$*\" >/rootfs/etc/arguments\n");
        // The sandbox's shell is the machine's.
        std::filesystem::rename(work("machine/bin"), work("machine/usr/other"));
        for (const auto& entry : std::filesystem::directory_iterator(work("machine/usr/other"))) std::filesystem::rename(entry.path(), work("machine/usr/bin") / entry.path().filename());
        std::filesystem::remove(work("machine/usr/other"));
        std::filesystem::create_symlink("usr/bin", work("machine/bin"));
    }
    std::string build_of(const std::string& machine, const std::string& path) {
        std::filesystem::permissions(scratch_.path(), std::filesystem::perms(0755));
        return build([&](const distro::BuildIdentity&) {
            const auto cache = image::ImageCache::open(home() / "cache");
            image::HttpClient http;
            image::SilentProgress silent;
            const distro::SourceWork with{recipe_, http, cache, cache.scratch(), silent, home() / "recipe", log(), std::time(nullptr)};
            const auto source = distro::open_rpmbootstrap_source_of(with, work(machine));
            sys::make_dir(home() / "cache/made", 0755);
            source->unpack(home() / "cache/made");
            const std::string text = sys::read_file(home() / "cache/made" / path);
            std::filesystem::remove_all(home() / "cache/made");
            return text;
        });
    }
};

TEST_P(Rpmbootstrap, RunsTheMachinesDnf) {
    make_machine();
    EXPECT_EQ(build_of("machine", "etc/arguments"), "--installroot=/rootfs --releasever=9 --setopt=reposdir=/etc/yum.repos.d install -y --exclude=never yum dnf dnf-plugins-core nano\n") << printed();
    EXPECT_EQ(build_of("machine", "etc/repo"), "[base]\nname=Base\nbaseurl=https://x/\n https://y/\n");
    recipe_.source.keys = {key()};
    EXPECT_EQ(build_of("machine", "etc/repo"), "[base]\nname=Base\nbaseurl=https://x/\n https://y/\ngpgcheck=1\ngpgkey=file:///build/key-1\n");
}

TEST_P(Rpmbootstrap, SaysThatThereIsNone) {
    std::filesystem::create_directories(work("machine/usr/bin"));
    EXPECT_THAT(build_of("machine", "etc/repo"), HasSubstr("error: rpmbootstrap: it runs dnf (or yum) of this machine in a sandbox, and there is none: install dnf"));
}

INSTANTIATE_TEST_SUITE_P(Builders, HostProgramsTest, testing::Values(test::Builder::Root, test::Builder::User), test::builder_name);
INSTANTIATE_TEST_SUITE_P(Builders, BusyboxSource, testing::Values(test::Builder::Root, test::Builder::User), test::builder_name);
INSTANTIATE_TEST_SUITE_P(Builders, Rpmbootstrap, testing::Values(test::Builder::Root, test::Builder::User), test::builder_name);

} // namespace
} // namespace lxcpp
