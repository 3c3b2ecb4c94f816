// SPDX-License-Identifier: Apache-2.0
// What a hostile tree, or a hostile script in it, tries with the host.
#include "build_lab.h"

#include "distrobuilder/sandbox.h"
#include "sys/file.h"
#include "sys/fd_table.h"
#include "sys/pipe.h"

#include "support/error_of.h"

#include <lxcpp/one_shot.h>

#include <csignal>
#include <fcntl.h>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using distro::Sandbox;
using testing::HasSubstr;
using testing::Not;

class HostileLab : public test::BuilderLab {
protected:
    using BuilderLab::BuilderLab;
    void SetUp() override {
        BuilderLab::SetUp();
        if (IsSkipped()) return;
        // Whoever gets here may write.
        sys::chmod(host(), 0777);
        sys::write_file_atomic(host() / "victim", "mine", 0666);
        sys::chmod(host() / "victim", 0666);
    }
    void TearDown() override {
        if (IsSkipped()) return;
        EXPECT_EQ(sys::list_dir(host()), (std::vector<std::string>{"secret", "victim"}));
        EXPECT_EQ(sys::read_file(host() / "victim"), "mine");
        EXPECT_EQ(sys::read_file(host() / "secret"), "secret");
        EXPECT_THAT(sys::read_file("/proc/self/mountinfo"), Not(HasSubstr(home().string())));
    }
    // A tree whose path is a link to target, in which a script runs.
    std::string with_link(const std::string& path, const std::filesystem::path& target, const std::string& text) const {
        return build_with_root([&] {
            std::filesystem::remove_all(in_root(path));
            std::filesystem::create_symlink(target, in_root(path));
            return run(text);
        });
    }
    // As deep as a tree may be.
    [[nodiscard]] std::filesystem::path up_to(const std::filesystem::path& path) const {
        std::filesystem::path up;
        for (int i = 0; i < 20; ++i) up /= "..";
        return up / path.relative_path();
    }
};

class HostileBuild : public HostileLab, public testing::WithParamInterface<test::Builder> {
protected:
    HostileBuild() : HostileLab(GetParam()) {}
};

// The ones that have twins.
class HostileBuildOfRoot : public HostileLab {
protected:
    HostileBuildOfRoot() : HostileLab(test::Builder::Root) {}
};

TEST_F(HostileBuildOfRoot, TheListOfServersIsALinkToTheHost) {
    for (const auto& target : {host() / "victim", up_to(host() / "victim")}) {
        with_link("etc/resolv.conf", target, "echo planted >/etc/resolv.conf; umount -l /etc/resolv.conf; echo planted >/etc/resolv.conf");
        EXPECT_EQ(sys::read_file(in_root(host().relative_path().string() + "/victim")), "planted\n"); // the tree's own
        std::filesystem::remove_all(root());
    }
}

TEST_P(HostileBuild, EtcIsALinkToTheHost) {
    for (const auto& target : {host(), up_to(host())}) {
        EXPECT_EQ(with_link("etc", target, "exit 0"), "error: mount a text on /etc/resolv.conf (create=file, links followed): No such file or directory");
        std::filesystem::remove_all(root());
    }
}

TEST_F(HostileBuildOfRoot, ThePolicyIsALinkToTheHost) {
    with_link("usr/sbin/policy-rc.d", host() / "victim", "exit 0");
    std::filesystem::remove_all(root());
    with_link("usr/sbin/policy-rc.d", host() / "new", "exit 0");
    std::filesystem::remove_all(root());
    with_link("usr/sbin", host(), "exit 0");
}

TEST_P(HostileBuild, RunAndTmpAreLinksToTheHost) {
    for (const char* path : {"run", "tmp"}) {
        EXPECT_EQ(with_link(path, up_to(host()), fmt::format("touch /{}/planted", path)), "");
        std::filesystem::remove_all(root());
    }
}

TEST_P(HostileBuild, MountPointsAreLinksToTheHost) {
    for (const char* path : {"dev", "proc", "sys"}) {
        for (const auto& target : {host(), up_to(host())}) {
            EXPECT_THAT(with_link(path, target, "touch /dev/planted"), HasSubstr("a component of the target is a symbolic link, which is refused")) << path;
            EXPECT_TRUE(std::filesystem::is_symlink(in_root(path)));
            std::filesystem::remove_all(root());
        }
    }
}

TEST_P(HostileBuild, ALinkIsPlantedForTheCleanup) {
    EXPECT_EQ(script(fmt::format("mount -o bind / /mnt; umount -l /dev; rmdir /mnt/dev; ln -s {} /mnt/dev; "
                                 "rm -rf /usr/sbin; ln -s {} /usr/sbin", host().string(), host().string())), "");
    EXPECT_TRUE(std::filesystem::is_symlink(in_root("dev")));
}

TEST_P(HostileBuild, TheInterpreterIsALinkToTheHost) {
    EXPECT_THAT(with_link("bin/sh", "/bin/bash", "exit 0"), HasSubstr("the script wants /bin/sh, which the root file system does not have"));
    std::filesystem::remove_all(root());
    EXPECT_THAT(with_link("bin/sh", up_to("/bin/bash"), "exit 0"), HasSubstr("does not have"));
}

TEST_P(HostileBuild, FilesOfTheHostAreNotThere) {
    EXPECT_EQ(script(fmt::format("ls {0} {0}/secret {1} /proc/1/root{0} 2>&1 | grep -vc 'No such file'", host().string(), home().string())), "0\nexit 1\n");
}

TEST_P(HostileBuild, NoDeviceCanBeMadeOrMounted) {
    const std::string text = script("for type in b c; do mknod /etc/$type $type 1 3 && echo made; done\n"
                                    "mkdir /disk; for disk in vda sda nvme0n1 loop0; do mount -t ext4 /dev/$disk /disk && echo mounted; done\n"
                                    "for type in sysfs debugfs securityfs bpf devtmpfs; do mount -t $type none /disk && grep -q /disk /proc/mounts && "
                                    "find /disk -type f -writable | head -n 1; umount /disk; done 2>/dev/null; true");
    EXPECT_THAT(text, Not(HasSubstr("made")));
    EXPECT_THAT(text, Not(HasSubstr("mounted")));
    EXPECT_FALSE(sys::exists(in_root("etc/b")));
    EXPECT_FALSE(sys::exists(in_root("etc/c")));
}

// Whatever it unmounts: these knobs belong to the host's root, who is nobody inside.
TEST_P(HostileBuild, TheKernelsKnobsCannotBeTurned) {
    EXPECT_EQ(script("umount -l /proc/sys /proc/irq /proc/fs /proc/bus /proc/sysrq-trigger /proc/kcore /proc/kmsg 2>/dev/null\n"
                     "exec 2>/dev/null\n"
                     "for file in sys/kernel/core_pattern sys/kernel/modprobe sys/vm/drop_caches sys/fs/suid_dumpable sys/net/ipv4/ip_forward sysrq-trigger\n"
                     "do (: >>/proc/$file) && echo $file; done\n"
                     "for file in kcore kmsg; do (: </proc/$file) && echo $file; done; true"), "");
}

TEST_P(HostileBuild, NoFurtherUserNamespaces) { EXPECT_THAT(script("unshare -U true"), HasSubstr("Operation not permitted")); }

// A user's own id is the one after those of an image: with it a program would be that user to a bus or a display of the session.
TEST_P(HostileBuild, IsNeverWhoBuilds) {
    EXPECT_EQ(script("echo anna:x:65536:65536::/:/bin/sh >/etc/passwd; echo last:x:65535:65535::/:/bin/sh >>/etc/passwd\n"
                     "for user in anna last; do su $user -c 'echo I am $(id -u)' 2>/dev/null; done\n"
                     ": >/etc/file; chown 65535:65535 /etc/file; chown 65536 /etc/file 2>/dev/null && echo given away; stat -c %u:%g /etc/file"),
              "I am 65535\n65535:65535\n");
}

TEST_P(HostileBuild, SeesItsOwnProcessesOnly) {
    EXPECT_EQ(script("cd /proc; for process in [0-9]*; do [ -d $process ] && grep -h ^Name $process/status; done"), "Name:\tlxcpp-init\nName:\t100\n");
}

TEST_P(HostileBuild, InheritsNoDescriptor) {
    EXPECT_EQ(build_with_root([&] {
        const Fd secret = sys::open_file(root());
        sys::set_inheritable(secret, true);
        return run("cd /proc/self/fd; echo *");
    }), "0 1 10 100 2 3\n"); // 100 and 10: the script; 3: the directory
}

TEST_F(HostileBuildOfRoot, TheLogIsWrittenAtItsEndOnly) {
    EXPECT_EQ(build_with_root([&] {
        sys::write_file_atomic(log(), "before\n");
        return run("echo one; truncate -s 0 /proc/self/fd/1 2>/dev/null; : >/proc/self/fd/1; echo two");
    }), "before\none\ntwo\n");
}

TEST_F(HostileBuildOfRoot, HasNoRightsThatNoNamespaceConfines) {
    const std::string text = script("grep -E '^(CapBnd|CapInh|CapAmb|Seccomp):' /proc/self/status");
    const auto mask = [&](const std::string& name) { return std::stoull(text.substr(text.find(name) + name.size()), nullptr, 16); };
    for (const int number : {16 /* sys_module */, 17 /* sys_rawio */, 25 /* sys_time */, 34 /* syslog */, 39 /* bpf */}) {
        EXPECT_EQ(mask("CapBnd:") >> number & 1, 0U) << number;
    }
    EXPECT_NE(mask("CapBnd:") >> 21 & 1, 0U); // sys_admin
    EXPECT_EQ(mask("CapInh:"), 0U);
    EXPECT_EQ(mask("CapAmb:"), 0U);
    EXPECT_THAT(text, HasSubstr("Seccomp:\t2"));
}

// Waits until the pipe has data or its last writer is gone; what came.
std::string read_some(FdRef pipe) {
    pollfd wait{pipe.raw(), POLLIN, 0};
    if (::poll(&wait, 1, 30000) != 1) return "(nothing for 30 seconds)";
    char data[64];
    const ssize_t size = ::read(pipe.raw(), data, sizeof data);
    return size < 0 ? "(read failed)" : std::string(data, static_cast<std::size_t>(size));
}

TEST_F(HostileBuildOfRoot, EverythingEndsWhenTheBuilderIsKilled) {
    const auto fifo = in_root("etc/fifo");
    sys::Pipe ready = sys::make_pipe();
    const pid_t builder = start_build([&] {
        (void)::mkfifo(fifo.c_str(), 0600);
        ready.write.reset();
        // Until the tree is removed, should nothing else end them.
        (void)run("exec 9>/etc/fifo\n(setsid sh -c 'trap \"\" TERM HUP; while [ -e /etc/fifo ]; do sleep 1; done' &)\n"
                  "echo up >&9; while [ -e /etc/fifo ]; do sleep 1; done");
    });
    ASSERT_GT(builder, 0);
    ready.write.reset();
    EXPECT_EQ(read_some(ready.read), "");
    const Fd reader = sys::open_file(fifo, {.nonblock = true});
    EXPECT_EQ(read_some(reader), "up\n");
    ASSERT_EQ(::kill(builder, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(builder, &status, 0), builder);
    EXPECT_EQ(read_some(reader), ""); // the end of file
}

TEST(HostileBuilds, AreNeverOfTheHostsRoot) {
    OneShot request;
    request.rootfs = "/";
    request.argv = {"/bin/true"};
    request.build = true;
    EXPECT_THAT(test::error_of([&] { (void)run_one_shot(request); }), HasSubstr("run in a user namespace of their own only"));
}

INSTANTIATE_TEST_SUITE_P(Builders, HostileBuild, test::kBuilders, test::builder_name);

} // namespace
} // namespace lxcpp
