// SPDX-License-Identifier: Apache-2.0
#include "build_lab.h"

#include "distrobuilder/sandbox.h"
#include "sys/file.h"
#include "sys/pipe.h"

#include "support/error_of.h"

#include <csignal>
#include <fcntl.h>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace lxcpp {
namespace {

using distro::Sandbox;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class BuildSandbox : public test::BuildLab {
protected:
    [[nodiscard]] Sandbox sandbox() const { return Sandbox({root(), {"PATH=/sbin:/bin"}, log()}); }
};

TEST_P(BuildSandbox, RunsScriptsFromMemory) {
    EXPECT_EQ(script("hostname; id -u; echo $0; exit 7"), "distrobuilder\n0\n/proc/self/fd/100\nexit 7\n");
}

TEST_P(BuildSandbox, ReturnsTheSignalAsAShellDoes) { EXPECT_EQ(script("kill -KILL $$"), fmt::format("exit {}\n", 128 + SIGKILL)); }

TEST_P(BuildSandbox, HasOnlyTheEnvironmentItWasGiven) { EXPECT_EQ(script("unset PWD SHLVL; /bin/env"), "PATH=/sbin:/bin\nONLY=this\n"); }

TEST_P(BuildSandbox, HasNothingOnStandardInput) { EXPECT_EQ(script("read line; echo \"got $line\""), "got \n"); }

TEST_P(BuildSandbox, GivesArgumentsToScripts) {
    EXPECT_EQ(build_with_root([&] {
        EXPECT_EQ(sandbox().run_script("#! /bin/sh -e\necho $#: \"$@\"\nfalse\n", {"a b", "c"}), 1);
        return sys::read_file(log());
    }), "2: a b c\n");
}

TEST_P(BuildSandbox, AppendsAllOutputToTheLog) {
    const std::string text = script("seq 200000; echo end >&2");
    EXPECT_EQ(text.size(), 1288895U + 4);
    EXPECT_THAT(text, EndsWith("\n200000\nend\n"));
}

// As daemons of packages do.
TEST_P(BuildSandbox, OtherUsersPrintByNameToo) {
    EXPECT_EQ(script("echo 'joe:x:7:8::/:/bin/sh' >/etc/passwd; su joe -c 'echo $(id -u) >/dev/stderr'"), "7\n");
}

TEST_P(BuildSandbox, HasAMinimalDevThatIsNotInTheTree) {
    EXPECT_EQ(script("cd /dev; echo *; touch /dev/x /dev/shm/x"),
              "fd full null ptmx pts random shm stderr stdin stdout tty urandom zero\n");
    EXPECT_TRUE(std::filesystem::is_empty(in_root("dev")));
}

TEST_P(BuildSandbox, DevIsEmptyWhateverWasWrittenBelowIt) {
    EXPECT_EQ(script("mount -o bind / /mnt && touch /mnt/dev/file && mkdir -p /mnt/dev/a/b && mkfifo /mnt/dev/fifo && ls /mnt/dev"), "a\nfifo\nfile\n");
    EXPECT_TRUE(std::filesystem::is_empty(in_root("dev")));
    EXPECT_EQ(sys::stat_path(in_root("dev"))->st_mode & 07777u, 0755U);
}

TEST_P(BuildSandbox, DevIsMadeAgain) {
    EXPECT_EQ(script("mount -o bind / /mnt && umount -l /dev && rmdir /mnt/dev"), "");
    EXPECT_TRUE(std::filesystem::is_directory(in_root("dev")));
}

TEST_P(BuildSandbox, SysHasNothingOfTheHost) {
    EXPECT_EQ(script("find /sys ! -type d; ls /sys/class /sys/firmware /sys/devices/system"), "/sys/class:\nnet\n\n/sys/devices/system:\ncpu\n\n/sys/firmware:\n");
    EXPECT_TRUE(std::filesystem::is_empty(in_root("sys")));
}

TEST_P(BuildSandbox, RunAndTmpAreNotInTheTree) {
    EXPECT_EQ(script("touch /run/a /tmp/b && ls /run /tmp"), "/run:\na\n\n/tmp:\nb\n");
    EXPECT_TRUE(std::filesystem::is_empty(in_root("run")));
    EXPECT_TRUE(std::filesystem::is_empty(in_root("tmp")));
}

// As some small systems have them.
TEST_P(BuildSandbox, RunAndTmpMayBeLinks) {
    EXPECT_EQ(build_with_root([&] {
        for (const char* name : {"run", "tmp"}) std::filesystem::remove(in_root(name));
        std::filesystem::create_directory(in_root("var"));
        std::filesystem::create_directory_symlink("/var/run", in_root("run"));
        std::filesystem::create_directory_symlink("var/tmp", in_root("tmp"));
        return run("touch /run/a /tmp/b && ls /var/run /var/tmp");
    }), "/var/run:\na\n\n/var/tmp:\nb\n");
    EXPECT_TRUE(std::filesystem::is_empty(in_root("var/run")));
}

TEST_P(BuildSandbox, AsksTheServersOfTheHostThroughACopy) {
    const std::string servers = sys::read_file_if_exists("/etc/resolv.conf").value_or("");
    EXPECT_EQ(script("cat /etc/resolv.conf; echo mine >/etc/resolv.conf"), servers);
    EXPECT_EQ(sys::read_file_if_exists("/etc/resolv.conf").value_or(""), servers);
    EXPECT_EQ(sys::read_file(in_root("etc/resolv.conf")), "");
}

TEST_P(BuildSandbox, TheListOfServersCanBeReplacedByALink) {
    EXPECT_EQ(script("umount -l /etc/resolv.conf && rm /etc/resolv.conf && ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf"), "");
    EXPECT_EQ(std::filesystem::read_symlink(in_root("etc/resolv.conf")), "../run/systemd/resolve/stub-resolv.conf");
}

TEST_P(BuildSandbox, TheListOfServersIsFoundThroughTheTreesLink) {
    const std::string servers = sys::read_file_if_exists("/etc/resolv.conf").value_or("");
    EXPECT_EQ(build_with_root([&] {
        std::filesystem::create_symlink("../run/systemd/resolve/stub-resolv.conf", in_root("etc/resolv.conf"));
        return run("cat /run/systemd/resolve/stub-resolv.conf; umount -l /etc/resolv.conf && ls /run/systemd/resolve");
    }), servers + "stub-resolv.conf\n");
    EXPECT_TRUE(std::filesystem::is_empty(in_root("run")));
}

TEST_P(BuildSandbox, ABindOfTheRootShowsWhatIsCovered) {
    EXPECT_EQ(build_with_root([&] {
        sys::write_file_atomic(in_root("run/old"), "");
        return run("mount -o bind / /mnt && ls -A /mnt/run && rm -rf /mnt/run/* && umount /mnt");
    }), "old\n");
    EXPECT_TRUE(std::filesystem::is_empty(in_root("run")));
}

TEST_P(BuildSandbox, MayMountAndGiveFilesAway) {
    EXPECT_EQ(script("mount -t tmpfs tmpfs /sys/firmware && touch /sys/firmware/x && umount /sys/firmware && touch /etc/x && chown 33:65535 /etc/x && chmod 6755 /etc/x"), "");
    const auto info = sys::stat_path(in_root("etc/x"));
    EXPECT_EQ(info->st_uid, on_disk(33));
    EXPECT_EQ(info->st_gid, on_disk(65535));
    EXPECT_EQ(info->st_mode & 07777u, 06755U);
}

TEST_P(BuildSandbox, ServicesAreNotStarted) {
    EXPECT_EQ(script("/usr/sbin/policy-rc.d; echo $?"), "101\n");
    EXPECT_TRUE(std::filesystem::is_empty(in_root("usr/sbin")));
}

TEST_P(BuildSandbox, ThePolicyIsGoneAfterFailures) {
    EXPECT_EQ(script("kill -9 $$"), "exit 137\n");
    EXPECT_TRUE(std::filesystem::is_empty(in_root("usr/sbin")));
}

TEST_P(BuildSandbox, ThePolicyIsGoneWhenNothingCouldBeStarted) {
    EXPECT_THAT(build_with_root([&] {
        std::filesystem::remove(in_root("proc"));
        std::filesystem::create_symlink("sys", in_root("proc"));
        return run("exit 0");
    }), HasSubstr("symbolic link"));
    EXPECT_TRUE(std::filesystem::is_empty(in_root("usr/sbin")));
}

TEST_P(BuildSandbox, APolicyOfTheTreesOwnStays) {
    EXPECT_EQ(build_with_root([&] {
        sys::write_file_atomic(in_root("usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 3\n", 0755);
        return run("/usr/sbin/policy-rc.d; echo $?");
    }), "3\n");
    EXPECT_EQ(sys::read_file(in_root("usr/sbin/policy-rc.d")), "#!/bin/sh\nexit 3\n");
}

TEST_P(BuildSandbox, APolicyThatAProgramWritesStays) {
    EXPECT_EQ(script("echo mine >/usr/sbin/policy-rc.d"), "");
    EXPECT_EQ(sys::read_file(in_root("usr/sbin/policy-rc.d")), "mine\n");
}

TEST_P(BuildSandbox, ATreeWithoutUsrSbinHasNoPolicy) {
    EXPECT_EQ(build_with_root([&] {
        std::filesystem::remove(in_root("usr/sbin"));
        return run("ls /usr");
    }), "");
}

TEST_P(BuildSandbox, ScriptsNeedAnInterpreterOfTheTree) {
    EXPECT_EQ(build_with_root([&] {
        std::string errors;
        for (const char* text : {"", "echo x\n", "#!\n", "#!sh\n", "#!/usr/bin/python3 -u\nx\n", "#!/bin/sh\r\nx\n", "#!/etc\n"}) {
            errors += test::error_of([&] { (void)sandbox().run_script(text); }) + '\n';
        }
        return errors;
    }), "the script has no interpreter: its first line must be like #!/bin/sh\n"
        "the script has no interpreter: its first line must be like #!/bin/sh\n"
        "the script's first line names no interpreter: an interpreter needs an absolute path\n"
        "the script's first line names sh: an interpreter needs an absolute path\n"
        "the script wants /usr/bin/python3, which the root file system does not have\n"
        "the script wants /bin/sh\\x0d, which the root file system does not have\n"
        "the script wants /etc, which the root file system does not have\n");
}

TEST_P(BuildSandbox, ProgramsAreLookedUpInTheTree) {
    EXPECT_EQ(build_with_root([&] {
        sys::write_file_atomic(in_root("etc/text"), "#!/bin/sh\n", 0644);
        std::filesystem::create_symlink("/bin/busybox", in_root("etc/true"));
        EXPECT_EQ(sandbox().run({"true"}), 0);
        EXPECT_EQ(sandbox().run({"/etc/true"}), 0);
        EXPECT_EQ(sandbox().run({"sh", "-c", "exit 5"}), 5);
        std::string errors;
        for (const char* name : {"nothing", "/etc/text", "/etc/../../bin/mksh", ""}) errors += test::error_of([&] { (void)sandbox().run({name}); }) + '\n';
        return errors;
    }), "nothing: there is no such program in the root file system (PATH is /sbin:/bin)\n"
        "/etc/text: there is no such program in the root file system\n"
        "/etc/../../bin/mksh: there is no such program in the root file system\n"
        ": there is no such program in the root file system (PATH is /sbin:/bin)\n");
}

TEST_P(BuildSandbox, CapturesStandardOutputAlone) {
    EXPECT_EQ(build_with_root([&] {
        const std::string text = sandbox().capture({"sh", "-c", "echo one; echo two >&2; exit 1"});
        return text + sys::read_file(log());
    }), "one\ntwo\n");
}

TEST_P(BuildSandbox, CapturesOneMiBAndReadsAllOfIt) {
    EXPECT_EQ(build_with_root([&] { return sandbox().capture({"sh", "-c", "seq 1000000 && echo finished >&2"}); }).size(), 1U << 20);
    EXPECT_EQ(sys::read_file(log()), "finished\n");
}

TEST_P(BuildSandbox, DaemonsEndWithIt) {
    // In sessions of their own, of no parent, deaf to TERM. The fifo's end of file comes when none has it any more.
    EXPECT_EQ(build_with_root([&] {
        const auto fifo = in_root("etc/fifo");
        EXPECT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
        const Fd reader = sys::open_file(fifo, {.nonblock = true});
        std::string text = run("exec 9>/etc/fifo\nmkfifo /tmp/ready\n"
                               "(setsid sh -c 'trap \"\" TERM HUP; echo up >&9; echo >/tmp/ready; while :; do sleep 1000; done' &)\nread line </tmp/ready");
        return text + sys::drain_pipe(reader, 100);
    }), "up\n");
}

TEST_P(BuildSandbox, KillsOfEverybodyEndTheScriptAtMost) {
    EXPECT_EQ(script("kill -9 $PPID; kill -9 1; sleep 1000 & kill -9 -1; wait; echo alive"), "alive\n");
}

TEST_P(BuildSandbox, ProcessesAreBounded) {
    EXPECT_THAT(script("awk '/^Max processes/ { print ($3 <= 8192) } /^Max core/ { print $5, $6 }' /proc/self/limits"), "0 0\n1\n");
}

INSTANTIATE_TEST_SUITE_P(Builders, BuildSandbox, test::kBuilders, test::builder_name);

} // namespace
} // namespace lxcpp
