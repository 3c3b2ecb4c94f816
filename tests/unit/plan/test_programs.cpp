// SPDX-License-Identifier: Apache-2.0
#include "plan_test.h"

#include <algorithm>
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

namespace lxcpp::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;

TEST(PlanHooks, GetTheFactsAsArguments) {
    const StartPlan plan = plan_with_root("lxc.hook.pre-start = /h/x --flag 'two words'\n");
    ASSERT_EQ(plan.pre_start.size(), 1U);
    EXPECT_EQ(plan.pre_start[0].what, "lxc.hook.pre-start: /h/x --flag 'two words'");
    EXPECT_THAT(plan.pre_start[0].argv, ElementsAre("/h/x", "--flag", "two words", "c1", "lxc", "pre-start"));
}

// No shell reads the line: what it would act on stays text.
TEST(PlanHooks, ExpandNothing) {
    const StartPlan plan = plan_with_root("lxc.hook.mount = /h/x $HOME ; `id` *\n");
    EXPECT_THAT(steps_of<RunProgram>(plan).at(0).argv,
                ElementsAre("/h/x", "$HOME", ";", "`id`", "*", "c1", "lxc", "mount"));
}

TEST(PlanHooks, HaveLxcsEnvironmentAndNotOurs) {
    StartRequest request = any_request();
    request.config_file = "/var/lib/lxcpp/c1/config";
    request.target = "reboot";
    request.log_level = "DEBUG";
    const StartPlan plan = plan_with_root("lxc.hook.start-host = /h/x\nlxc.environment = BOTH=1\n"
                                          "lxc.environment.hooks = HOOK=1\nlxc.environment.runtime = RUN=1\n"
                                          "lxc.console.logfile = /l\n",
                                          hybrid_host(), request);
    EXPECT_THAT(plan.start_host.at(0).env,
                ElementsAre(StartsWith("PATH="), "LXC_NAME=c1", "LXC_CONFIG_FILE=/var/lib/lxcpp/c1/config",
                            "LXC_ROOTFS_MOUNT=/stage", "LXC_ROOTFS_PATH=/var/lib/lxcpp/c1/rootfs",
                            "LXC_CONSOLE_LOGPATH=/l", "LXC_CGNS_AWARE=1", "LXC_LOG_LEVEL=DEBUG", "LXC_TARGET=reboot",
                            "LXC_HOOK_VERSION=0", "BOTH=1", "HOOK=1"));
}

TEST(PlanHooks, OfVersion1FindTheirTypeInTheEnvironmentToo) {
    const StartPlan plan = plan_with_root("lxc.hook.start = /h/x\nlxc.hook.version = 1\n");
    const RunProgram hook = steps_of<RunProgram>(plan).at(0);
    EXPECT_THAT(hook.env, IsSupersetOf({"LXC_HOOK_VERSION=1", "LXC_HOOK_TYPE=start", "LXC_HOOK_SECTION=lxc"}));
    EXPECT_THAT(hook.argv, ElementsAre("/h/x", "c1", "lxc", "start"));
}

// The command line, lxc.init.cmd, lxc.execute.cmd below our init, /sbin/init.
TEST(PlanPayload, IsTheFirstThatIsSet) {
    const auto argv = [](const std::string& text, std::vector<std::string> command = {}) {
        StartRequest request = any_request();
        request.command = std::move(command);
        return steps_of<Exec>(plan_with_root(text, hybrid_host(), request)).at(0).argv;
    };
    const std::string execute = "lxc.execute.cmd = /bin/server 'two words' $'a\\nb'\n";
    EXPECT_THAT(argv(""), ElementsAre("/sbin/init"));
    EXPECT_THAT(argv(execute), ElementsAre("lxcpp-init", "--", "/bin/server", "two words", "a\nb"));
    EXPECT_THAT(argv(execute + "lxc.init.cmd = /bin/init -x\n"), ElementsAre("/bin/init", "-x"));
    EXPECT_THAT(argv(execute, {"/bin/sh"}), ElementsAre("/bin/sh"));
    EXPECT_TRUE(plan_with_root(execute).needs_init_program);
    EXPECT_FALSE(plan_with_root(execute + "lxc.init.cmd = /bin/init\n").needs_init_program);
}

TEST(PlanHooks, RunInsideOnlyOnceTheHostIsDone) {
    const StartPlan plan = plan_with_root("lxc.hook.start = /h/x\n");
    EXPECT_GT(index_of<RunProgram>(plan), index_of<ReportReady>(plan));
}

Exec payload(const StartPlan& plan) { return steps_of<Exec>(plan).at(0); }

TEST(PlanPayload, IsTheLastStep) {
    const StartPlan plan = plan_with_root("");
    EXPECT_TRUE(std::holds_alternative<Exec>(plan.child.steps.back()));
    EXPECT_THAT(payload(plan).argv, ElementsAre("/sbin/init"));
    EXPECT_FALSE(plan.needs_init_program);
}

TEST(PlanPayload, TheCommandOfTheRequestWins) {
    StartRequest request = any_request();
    request.command = {"/bin/other", "a b"};
    EXPECT_THAT(payload(plan_with_root("lxc.init.cmd = /bin/x\n", hybrid_host(), request)).argv,
                ElementsAre("/bin/other", "a b"));
    EXPECT_THAT(payload(plan_with_root("lxc.init.cmd = /bin/x 'c d'\n")).argv, ElementsAre("/bin/x", "c d"));
}

TEST(PlanPayload, ExecuteRunsItBelowOurInit) {
    StartRequest request = any_request();
    request.kind = StartKind::Execute;
    const StartPlan plan = plan_with_root("lxc.execute.cmd = /bin/x y\n", hybrid_host(), request);
    EXPECT_THAT(payload(plan).argv, ElementsAre("lxcpp-init", "--", "/bin/x", "y"));
    EXPECT_TRUE(payload(plan).from_init_fd);
    EXPECT_TRUE(plan.needs_init_program);
}

TEST(PlanPayload, HasACleanEnvironment) {
    EXPECT_THAT(payload(plan_with_root("")).env, ElementsAre(StartsWith("PATH=/"), "HOME=/", "TERM=linux", "container=lxc"));
}

TEST(PlanPayload, ItsEnvironmentIsConfigured) {
    const auto env = payload(plan_with_root("lxc.environment = HOME=/root\nlxc.environment.runtime = A=1=2\n"
                                            "lxc.environment.hooks = HOOK=1\nlxc.environment = HOMER=x\n"))
                         .env;
    EXPECT_THAT(env, IsSupersetOf({"HOME=/root", "A=1=2", "HOMER=x"}));
    EXPECT_THAT(env, Not(Contains("HOME=/")));
    EXPECT_THAT(env, Not(Contains("HOOK=1")));
}

TEST(PlanPayload, LearnsItsTerminals) {
    EXPECT_THAT(payload(plan_with_root("lxc.tty.max = 3\n")).env, Contains("container_ttys=pts/1 pts/2 pts/3"));
    EXPECT_THAT(payload(plan_with_root("lxc.tty.max = 2\nlxc.console.path = none\n")).env,
                Contains("container_ttys=pts/0 pts/1"));
}

TEST(PlanPayload, TerminalsAreWhereTtyDirSays) {
    EXPECT_THAT(steps_of<SetupPtys>(plan_with_root("lxc.tty.max = 2\nlxc.tty.dir = lxc\n")).at(0).ttys,
                ElementsAre("dev/lxc/tty1", "dev/lxc/tty2"));
    EXPECT_THAT(steps_of<SetupPtys>(plan_with_root("lxc.tty.max = 1\n")).at(0).ttys, ElementsAre("dev/tty1"));
}

// A devpts option with a group that is not mapped would fail the mount.
TEST(PlanPayload, TheGroupOfTerminalsIsLeftOutWhereItIsNotMapped) {
    const auto options = [](const std::string& maps) {
        return steps_of<SetupPtys>(plan_with_root(maps)).at(0).options;
    };
    EXPECT_THAT(options("lxc.idmap = u 0 100000 5\nlxc.idmap = g 0 100000 5\n"), Not(Contains("gid=5")));
    EXPECT_THAT(options("lxc.idmap = u 0 100000 6\nlxc.idmap = g 0 100000 6\n"), Contains("gid=5"));
}

// The kernel forgets the signal when the process changes its ids.
TEST(PlanPayload, TheDeathSignalIsSetAfterTheIds) {
    const StartPlan plan = plan_with_root("lxc.init.uid = 1000\nlxc.monitor.signal.pdeath = SIGKILL\n");
    EXPECT_EQ(steps_of<DieWithParent>(plan).at(0).signal, SIGKILL);
    EXPECT_GT(index_of<DieWithParent>(plan), index_of<SetIds>(plan));
}

// Rights go in an order in which each step may still be done.
TEST(PlanPayload, GivesUpRightsLast) {
    const StartPlan plan = plan_with_root("lxc.init.uid = 1000\nlxc.no_new_privs = 1\n");
    EXPECT_LT(index_of<PivotRoot>(plan), index_of<DropBounding>(plan));
    EXPECT_LT(index_of<DropBounding>(plan), index_of<NoNewPrivs>(plan));
    EXPECT_LT(index_of<NoNewPrivs>(plan), index_of<LoadSeccomp>(plan));
    EXPECT_LT(index_of<LoadSeccomp>(plan), index_of<SetIds>(plan));
}

// The container's own files: nothing that its init will not have is theirs.
TEST(PlanPayload, StartHooksAreConfined) {
    const StartPlan plan = plan_with_root("lxc.hook.start = /h\nlxc.no_new_privs = 1\n");
    EXPECT_LT(index_of<DropBounding>(plan), index_of<RunProgram>(plan));
    EXPECT_LT(index_of<StdioFromConsole>(plan), index_of<RunProgram>(plan)); // no terminal of the host
    EXPECT_LT(index_of<LoadSeccomp>(plan), index_of<RunProgram>(plan));
    EXPECT_LT(index_of<RunProgram>(plan), index_of<SetIds>(plan));
}

// pivot_root(2) refuses a shared root.
TEST(PlanRoot, PropagationComesWithThePivot) {
    const StartPlan plan = plan_with_root("lxc.rootfs.options = rshared\n");
    EXPECT_EQ(steps_of<PivotRoot>(plan).at(0).propagation, static_cast<std::uint64_t>(MS_SHARED));
    EXPECT_TRUE(steps_of<PivotRoot>(plan).at(0).recursive);
}

// Sysctls are written before their files become read-only.
TEST(PlanProc, SysctlsComeBeforeTheReadOnlyBinds) {
    const StartPlan plan = plan_with_root("lxc.mount.auto = proc:mixed\nlxc.sysctl.kernel.domainname = x\n");
    EXPECT_LT(index_of<WriteProc>(plan), index_of<MountInside>(plan));
    EXPECT_EQ(steps_of<WriteProc>(plan).at(0).path, "sys/kernel/domainname");
}

TEST(PlanMounts, BlanksAreWrittenAsInFstab) {
    const auto source = [](const std::string& text) {
        return steps_of<MountBind>(plan_with_root("lxc.mount.entry = " + text + " x none bind\n")).at(0).source;
    };
    EXPECT_EQ(source("/a\\040b\\011c\\134d"), "/a b\tc\\d");
    EXPECT_EQ(source("/a\\09x\\4"), "/a\\09x\\4"); // no octal number
}

TEST(PlanMounts, RemountChangesWhatIsMounted) {
    const StartPlan plan = plan_with_root("lxc.mount.entry = none x none remount,bind,ro\n");
    EXPECT_TRUE(steps_of<MountBind>(plan).empty());
    EXPECT_EQ(steps_of<ChangeMount>(plan).at(0).target.path, "x");
}

} // namespace
} // namespace lxcpp::test
