// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include "config/lint.h"

using namespace lxcpp;
using namespace lxcpp::test;

namespace {

// The problems of a file as lines without its directory.
std::vector<std::string> lint_lines(const ConfigDir& dir, std::string_view text) {
    std::vector<std::string> lines;
    for (const auto& problem : lint(dir.write("config", text))) {
        auto line = problem_line(problem);
        if (line.starts_with(dir.path().string())) line.erase(0, dir.path().string().size() + 1);
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string only_line(std::string_view text) {
    const ConfigDir dir;
    const auto lines = lint_lines(dir, text);
    EXPECT_EQ(lines.size(), 1u) << testing::PrintToString(lines);
    return lines.empty() ? std::string() : lines.front();
}

} // namespace

TEST(Lint, SoundFileHasNoProblems) {
    const ConfigDir dir;
    EXPECT_THAT(lint_lines(dir, "# fine\nlxc.uts.name = a\nlxc.net.0.type = empty\n"),
                testing::IsEmpty());
}

TEST(Lint, ReportsEverythingSortedByLine) {
    const ConfigDir dir;
    dir.write("inner.conf", "lxc.nonsense = 1\n");
    EXPECT_THAT(lint_lines(dir, "foo = bar\nlxc.tty.max = x\nlxc.include = inner.conf\n"
                                "lxc.cap.drop = chown\nlxc.cap.keep = kill\n"
                                "lxc.include = missing\n"),
                testing::ElementsAre(
                    "config:1: warning: \"foo = bar\" does not begin with lxc. and is ignored",
                    "config:2: error: lxc.tty.max: \"x\" is not valid, expected an integer from 0 "
                    "to 2147483647",
                    "config:5: error: lxc.cap.keep: excludes lxc.cap.drop; clear one of the two "
                    "lists",
                    "config:6: error: lxc.include: open " + dir.at("missing") +
                        ": No such file or directory",
                    "inner.conf:1: error: lxc.nonsense: unknown key"));
}

TEST(Lint, LegacyKeysComeWithTheirNewName) {
    EXPECT_EQ(only_line("lxc.utsname = a\n"), "config:1: error: lxc.utsname: this key is now "
                                              "lxc.uts.name (lxcpp-config lint --fix does it)");
    EXPECT_EQ(only_line("lxc.kmsg = 0\n"), "config:1: error: lxc.kmsg: this key no longer exists "
                                           "(lxcpp-config lint --fix does it)");
}

TEST(Lint, ValueWrittenForNothing) {
    EXPECT_EQ(only_line("lxc.tty.max = 1\nlxc.tty.max = 2\n"),
              "config:1: warning: lxc.tty.max: is replaced by line 2 (remove one of the two)");
}

TEST(Lint, V1SettingsWithoutV2Twin) {
    EXPECT_EQ(only_line("lxc.cgroup.memory.limit_in_bytes = 512M\n"),
              "config:1: warning: lxc.cgroup.memory.limit_in_bytes: has no effect on a unified "
              "cgroup hierarchy (add lxc.cgroup2.memory.max = 512M; lxcpp-config lint --fix does "
              "it)");
    EXPECT_EQ(only_line("lxc.cgroup.memory.swappiness = 5\n"),
              "config:1: warning: lxc.cgroup.memory.swappiness: has no effect on a unified cgroup "
              "hierarchy: a unified hierarchy has nothing like it");
    const ConfigDir dir;
    EXPECT_THAT(lint_lines(dir, "lxc.cgroup.memory.limit_in_bytes = 512M\n"
                                "lxc.cgroup2.memory.max = 512M\n"),
                testing::IsEmpty());
}

TEST(Lint, SuspiciousValues) {
    EXPECT_EQ(only_line("lxc.prlimit.nofiles = 5\n"),
              "config:1: warning: lxc.prlimit.nofiles: the kernel knows no such limit");
    EXPECT_EQ(only_line("lxc.net.0.ipv4.address = 10.0.0.1\n"),
              "config:1: error: lxc.net.0.ipv4.address: 10.0.0.1 has no prefix: write 10.0.0.1/24, "
              "or what the network has");
    EXPECT_EQ(only_line("lxc.net.0.script.down = /nonexistent/down x\n"),
              "config:1: warning: lxc.net.0.script.down: /nonexistent/down does not exist");
    EXPECT_EQ(only_line("lxc.rootfs.path = dir:/nonexistent/rootfs\n"),
              "config:1: warning: lxc.rootfs.path: /nonexistent/rootfs does not exist");
    EXPECT_EQ(only_line("lxc.hook.stop = /nonexistent/hook arg\n"),
              "config:1: warning: lxc.hook.stop: /nonexistent/hook does not exist");
    EXPECT_EQ(only_line("lxc.mount.entry = /srv /srv none bind 0 0\n"),
              "config:1: warning: lxc.mount.entry: the target /srv is not below the root file "
              "system and is ignored (write it without the leading slash)");
    EXPECT_EQ(only_line("lxc.mount.entry = /srv srv\n"),
              "config:1: warning: lxc.mount.entry: has fewer than the four fields SOURCE TARGET "
              "TYPE OPTIONS");
    EXPECT_EQ(only_line("lxc.idmap = u 1 1000 5\nlxc.idmap = g 0 1000 5\n"),
              "config:2: warning: lxc.idmap: no line maps user id 0 of the container");
}

TEST(Lint, NamesWhatIsNotActedOnYet) {
    EXPECT_EQ(only_line("lxc.selinux.context = a_b\n"),
              "config:1: warning: lxc.selinux.context: \"a_b\" is kept, but not acted on yet");
}

TEST(Lint, UnnumberedNetworkLinesAreCountedAsTheFixCountsThem) {
    const ConfigDir dir;
    const auto path = dir.write("config", "lxc.network.type = veth\nlxc.network.type = empty\n"
                                          "lxc.network.flags = up\n");
    const auto problems = lint(path);
    ASSERT_EQ(problems.size(), 3u);
    EXPECT_EQ(problems[0].message, "this key is now lxc.net.0.type");
    EXPECT_EQ(problems[2].message, "this key is now lxc.net.1.flags");
}

TEST(Lint, AStorageTypeThatDoesNotStartIsNamed) {
    EXPECT_EQ(only_line("lxc.rootfs.path = zfs:tank/c\n"),
              "config:1: warning: lxc.rootfs.path: the storage type zfs is not supported yet: it "
              "will not start");
}

TEST(Lint, LinesDoNotDriveTheTerminal) {
    EXPECT_EQ(problem_line({Severity::Warning, {"/c\x1b", 3}, "lxc.k", "\"a\x1b[31mb\" is kept", "x\n"}),
              "/c\\x1b:3: warning: lxc.k: \"a\\x1b[31mb\" is kept (x\\x0a)");
}
