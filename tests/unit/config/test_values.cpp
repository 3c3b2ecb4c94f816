// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

using namespace lxcpp;
using namespace lxcpp::test;
using testing::HasSubstr;

namespace {

std::string get(std::string_view text, std::string_view key) {
    return get_item(parse(text), key).value_or("(invalid)");
}

struct GetCase {
    std::string_view line;
    std::string_view key;
    std::string_view shown;
};

} // namespace

// What lxc-info -H -c KEY prints for the same line (without the line break it adds).
TEST(Values, GetPrintsAsLxc) {
    const GetCase cases[] = {
        {"lxc.arch = linux32", "lxc.arch", "i686"},
        {"lxc.arch = aarch64", "lxc.arch", "x86_64"},
        {"", "lxc.arch", ""},
        {"lxc.signal.halt = SIGUSR1", "lxc.signal.halt", "10"},
        {"lxc.signal.halt = sigrtmin+3", "lxc.signal.halt", "37"},
        {"", "lxc.signal.stop", "0"},
        {"lxc.log.level = 3", "lxc.log.level", "NOTICE"},
        {"lxc.log.level = debug", "lxc.log.level", "DEBUG"},
        {"", "lxc.log.level", "NOTSET"},
        {"lxc.console.buffer.size = 5000", "lxc.console.buffer.size", "8192"},
        {"lxc.console.buffer.size = auto", "lxc.console.buffer.size", "131072"},
        {"lxc.console.buffer.size = 1", "lxc.console.buffer.size", "4096"},
        {"lxc.console.size = 5 KB", "lxc.console.size", "8192"},
        {"lxc.console.size = 5kB", "lxc.console.size", "8192"},
        {"lxc.autodev.tmpfs.size = 9", "lxc.autodev.tmpfs.size", "9"},
        {"lxc.pty.max = 0x10", "lxc.pty.max", "16"},
        {"lxc.pty.max = 010", "lxc.pty.max", "8"},
        {"lxc.start.order = -010", "lxc.start.order", "-8"},
        {"lxc.pty.max = 00", "lxc.pty.max", "0"},
        {"lxc.net.0.type = vlan\nlxc.net.0.link = a\nlxc.net.0.vlan.id = 0x20", "lxc.net.0.vlan.id",
         "32"},
        {"lxc.init.groups = 1, 2,3", "lxc.init.groups", "1,2,3"},
        {"lxc.group = a b\nlxc.group = c", "lxc.group", "a\nb\nc\n"},
        {"lxc.environment = A=b c\nlxc.environment = B=c", "lxc.environment", "A=b c\nB=c\n"},
        {"lxc.environment = \"A= b \"\nlxc.environment = B=$'$\\'c\\''", "lxc.environment", "A= b \nB=$'$\\'c\\''\n"},
        {"lxc.environment = A=$'b\\nc'\nlxc.environment = B=$'c", "lxc.environment", "A=$'b\\nc'\nB=$'c\n"},
        {"lxc.cap.drop = mac_admin 5\nlxc.cap.drop = chown", "lxc.cap.drop",
         "mac_admin\n5\nchown\n"},
        {"lxc.cap.keep = chown 1", "lxc.cap.keep", "chown\n1\n"},
        {"lxc.cap.drop = chown", "lxc.cap.keep", ""},
        {"lxc.cap.keep = none", "lxc.cap.keep", "none\n"},
        {"lxc.idmap = u 0 0x10 5\nlxc.idmap = g 0 16 5", "lxc.idmap", "u 0 16 5\ng 0 16 5"},
        {"lxc.namespace.keep = net user", "lxc.namespace.keep", "user\nnet\n"},
        {"lxc.namespace.share.ipc = 1", "lxc.namespace.share.ipc", "1"},
        {"", "lxc.namespace.share.net", ""},
        {"", "lxc.namespace.share.nonsense", "(invalid)"},
        {"", "lxc.cgroup.dir", ""},
        {"lxc.time.offset.boot = -5m", "lxc.time.offset.boot", "-300s"},
        {"lxc.time.offset.boot = 5 s", "lxc.time.offset.boot", "5s"},
        {"lxc.time.offset.monotonic = -1500ms", "lxc.time.offset.monotonic", "-1500000000ns"},
        {"lxc.time.offset.monotonic = 3us", "lxc.time.offset.monotonic", "3000ns"},
        {"lxc.prlimit.nofile = 1 : 2", "lxc.prlimit.nofile", "1:2"},
        {"lxc.prlimit.core = unlimited", "lxc.prlimit", "lxc.prlimit.core = unlimited\n"},
        {"", "lxc.prlimit.core", ""},
        {"lxc.sysctl.net.ipv4.ip_forward = 1", "lxc.sysctl",
         "lxc.sysctl.net.ipv4.ip_forward = 1\n"},
        {"lxc.proc.oom_score_adj = 10", "lxc.proc.oom_score_adj", "10"},
        {"lxc.cgroup2.memory.max = 5\nlxc.cgroup2.pids.max = 6", "lxc.cgroup2",
         "lxc.cgroup2.memory.max = 5\nlxc.cgroup2.pids.max = 6\n"},
        {"lxc.cgroup2.io.max = a\nlxc.cgroup2.io.max = b", "lxc.cgroup2.io.max", "a\nb\n"},
        {"", "lxc.cgroup2.nope", ""},
        {"lxc.rootfs.path = overlay:/a:/b", "lxc.rootfs.path", "/a:/b"},
        {"lxc.rootfs.path = /a:b", "lxc.rootfs.path", "/a:b"},
        {"lxc.seccomp.notify.proxy = unix:/x", "lxc.seccomp.notify.proxy", "/x"},
        {"lxc.mount.auto = cgroup:rw sys:ro proc", "lxc.mount.auto", "proc:mixed sys:ro cgroup:rw"},
        {"lxc.mount.auto = cgroup:ro\nlxc.mount.auto = cgroup-full:force", "lxc.mount.auto",
         "cgroup-full:force"},
        {"lxc.mount.auto = shmounts:/a", "lxc.mount.auto", "shmounts:/a:/dev/.lxc-mounts"},
        {"lxc.hook.pre-start = /a b\nlxc.hook.pre-start = /c", "lxc.hook.pre-start", "/a b\n/c\n"},
        {"", "lxc.hook", "(invalid)"},
        {"", "lxc.include", "(invalid)"},
        {"", "lxc.nonsense", "(invalid)"},
        {"lxc.uts.name = \"c1\"", "lxc.uts.name", "c1"},
    };
    for (const auto& test : cases)
        EXPECT_EQ(get(std::string(test.line) + "\n", test.key), test.shown) << test.line;
}

TEST(Values, ProcAndLimitFamiliesReplaceAndCgroupsAddUp) {
    const auto config = parse("lxc.sysctl.a = 1\nlxc.sysctl.a = 2\nlxc.prlimit.core = 1\n"
                              "lxc.prlimit.core = 2\nlxc.cgroup2.io.max = a\n"
                              "lxc.cgroup2.io.max = b\n");
    EXPECT_EQ(config.sysctls, (std::vector<Setting>{{"a", "2"}}));
    EXPECT_EQ(config.prlimits, (std::vector<ResourceLimit>{{"core", 2, 2}}));
    EXPECT_EQ(config.cgroup.v2.size(), 2u);
}

TEST(Values, EnvironmentNameTakesTheReadersValue) {
    ::setenv("LXCPP_TEST_VARIABLE", "from outside", 1);
    EXPECT_EQ(get("lxc.environment = LXCPP_TEST_VARIABLE\n", "lxc.environment"),
              "LXCPP_TEST_VARIABLE=from outside\n");
    ::unsetenv("LXCPP_TEST_VARIABLE");
    EXPECT_EQ(parse_error("lxc.environment = LXCPP_TEST_VARIABLE\n"),
              "test.conf:1: lxc.environment: the environment has no variable LXCPP_TEST_VARIABLE; "
              "write LXCPP_TEST_VARIABLE=VALUE");
}

TEST(Values, CapabilityNoneStartsOver) {
    const auto config = parse("lxc.cap.keep = chown\nlxc.cap.keep = none\n");
    ASSERT_TRUE(config.caps.keep.has_value());
    EXPECT_TRUE(config.caps.keep->empty());
}

TEST(Values, BadValuesAreRefusedWithWhatWasExpected) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"lxc.ephemeral = 2", "\"2\" is not valid, expected an integer from 0 to 1"},
        {"lxc.tty.max = -1", "expected an integer from 0 to"},
        {"lxc.tty.max = 08", "\"08\" is not valid, expected an integer from 0 to"},
        {"lxc.tty.max = 0-5", "expected an integer from 0 to"},
        {"lxc.tty.max = 12345678901", "expected an integer from 0 to"},
        {"lxc.init.uid = root", "\"root\" is not valid, expected an integer"},
        {"lxc.init.uid = 4294967295", "expected an integer from 0 to 4294967294"},
        {"lxc.init.groups = 1 2", "\"1 2\" is not valid"},
        {"lxc.arch = vax", "\"vax\" is not valid, expected one of i686, arm"},
        {"lxc.log.level = loud", "expected TRACE, DEBUG"},
        {"lxc.log.syslog = kern", "expected daemon or local0"},
        {"lxc.signal.halt = PWR", "\"PWR\" is not valid, expected a number from 1 to 64"},
        {"lxc.signal.halt = 65", "expected a number from 1 to 64"},
        {"lxc.hook.version = 2", "expected an integer from 0 to 1"},
        {"lxc.cap.drop = none", "\"none\" is not valid, expected a capability"},
        {"lxc.cap.drop = CAP_SYS_ADMIN", "lower case, without CAP_"},
        {"lxc.cap.drop = 99", "a number up to 40"},
        {"lxc.idmap = u 0 1", "expected u|g FIRST_INSIDE FIRST_ON_HOST COUNT"},
        {"lxc.idmap = b 0 1 2", "\"b\" is not valid, expected one of u, g"},
        {"lxc.idmap = u 0 1 0", "expected an integer from 1 to"},
        {"lxc.namespace.keep = net|user", "\"net|user\" is not valid, expected user, mnt"},
        {"lxc.namespace.share.foo = 1", "\"foo\" is not valid, expected user, mnt"},
        {"lxc.time.offset.boot = 5", "expected a number and one of h, m, s, ms, us, ns"},
        {"lxc.time.offset.boot = 99999999999999h", "less than 285 years"},
        {"lxc.prlimit.nofile = 1:2:3", "expected SOFT[:HARD]"},
        {"lxc.prlimit.nofile = 3:2", "a soft limit not above the hard one"},
        {"lxc.prlimit = 5", "a value needs the name behind it"},
        {"lxc.sysctl.a..b = 1", "expected a dotted name"},
        {"lxc.proc.../../etc/passwd = 1", "expected a dotted name"},
        {"lxc.cgroup2.../x = 1", "expected the name of a file in the group"},
        {"lxc.cgroup.dir.contaner = x", "expected the name of a file in the group"},
        {"lxc.cgroup.dir = /a", "expected a relative path without \"..\""},
        {"lxc.cgroup.dir = a/../../b", "expected a relative path without \"..\""},
        {"lxc.cgroup.dir.container.inner = a/b", "expected a single name without /"},
        {"lxc.rootfs.path = qcow2:/a", "TYPE one of dir, btrfs"},
        {"lxc.rootfs.options = ro,create=dir", "belong to lxc.mount.entry"},
        {"lxc.rootfs.options = idmap=weird", "expected idmap=container or idmap=/PATH"},
        {"lxc.seccomp.notify.proxy = /x", "expected unix:/PATH or unix:@NAME"},
        {"lxc.mount.auto = proc:ro", "\"proc:ro\" is not valid"},
        {"lxc.mount.auto = procs", "\"procs\" is not valid"},
        {"lxc.mount.auto = sys:rw:force", "\"sys:rw:force\" is not valid"},
        {"lxc.mount.auto = shmounts:", "\"shmounts:\" is not valid"},
        {"lxc.uts.name = a b", "expected a host name"},
        {"lxc.console.size = 5k", "expected a size such as"},
        {"lxc.console.size = 99999999GB", "at most 1024GB"},
        {"lxc.restart.policy = sometimes", "expected no|on-failure[:N]|always|unless-stopped"},
        {"lxc.restart.policy = always:3", "expected no|on-failure[:N]|always|unless-stopped"},
        {"lxc.restart.policy = on-failure:0", "expected an integer from 1 to 1000000"},
        {"lxc.environment = =x", "expected NAME=VALUE or NAME"},
        {"lxc.hook = /x", "lxc.hook clears all hooks"},
    };
    for (const auto& [line, message] : cases) {
        const auto key = std::string(line.substr(0, line.find(' ')));
        EXPECT_THAT(parse_error(std::string(line) + "\n"),
                    testing::AllOf(testing::StartsWith("test.conf:1: " + key + ": "),
                                   HasSubstr(std::string(message))))
            << line;
    }
}

// A refused value leaves nothing behind, also when it was a list of which one word is wrong.
TEST(Values, MountAutoRefusesAsAWhole) {
    Config config;
    EXPECT_THROW(apply(config, "lxc.mount.auto", "proc sys:bad"), ConfigError);
    EXPECT_EQ(config, Config{});
}

TEST(Values, ControlCharactersInAValueAreShownEscaped) {
    EXPECT_THAT(parse_error("lxc.arch = \x1b[2J\n"), HasSubstr("\"\\x1b[2J\" is not valid"));
}

TEST(Values, SetRefusesLineBreaks) {
    Config config;
    EXPECT_EQ(error_of([&] { apply(config, "lxc.uts.name", "a\nlxc.init.uid = 0"); }),
              "set: lxc.uts.name: a value may not contain a line break or a NUL byte");
}
