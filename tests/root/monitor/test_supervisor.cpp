// SPDX-License-Identifier: Apache-2.0
#include "fake_container.h"

#include <lxcpp/error.h>

#include "support/error_of.h"
#include "sys/file.h"
#include "sys/socket.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <memory>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using test::FakeContainer;
using test::next_event;

std::string proc(pid_t pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

TEST(Supervisor, TellsWhatItSupervises) {
    const FakeContainer container;
    MonitorClient client = container.client();
    const protocol::Status status = client.status();
    EXPECT_EQ(status.state, State::Running);
    EXPECT_EQ(status.pid, container.init());
    EXPECT_EQ(status.start_time, sys::start_time(container.init()));
    EXPECT_EQ(status.exit, std::nullopt);
    EXPECT_EQ(client.version().major, protocol::kMajor);
    EXPECT_EQ(::kill(container.supervisor(), 0), 0); // the starter's process became the supervisor
}

TEST(Supervisor, AnExitCodeReachesSubscribersCleanupAndFile) {
    FakeContainer container;
    MonitorClient client = container.client();
    EXPECT_EQ(client.subscribe().state, State::Running);
    container.exit_with(7);
    const sys::ExitStatus seven{false, 7};
    EXPECT_EQ(next_event(client), (protocol::Event{"c1", State::Stopping, container.init(), seven}));
    EXPECT_EQ(next_event(client), (protocol::Event{"c1", State::Stopped, container.init(), seven}));
    EXPECT_EQ(error_of([&] { (void)client.next_event(5s); }), "the monitor of c1 is gone");
    const pid_t pid = container.supervisor();
    EXPECT_EQ(container.wait_supervisor(), 0);
    EXPECT_EQ(sys::read_file(container.dir() / "cleanup"),
              "pid=" + std::to_string(pid) + " status=code:7 oom=" +
                  sys::read_file("/proc/self/oom_score_adj"));
    EXPECT_EQ(sys::read_file(container.dir() / "exit"), "code:7\n");
}

TEST(Supervisor, ASignalReachesInitAndIsReported) {
    FakeContainer container;
    MonitorClient client = container.client();
    client.subscribe();
    client.kill(SIGKILL);
    EXPECT_EQ(next_event(client).exit, (sys::ExitStatus{true, SIGKILL}));
    container.wait_supervisor();
    EXPECT_EQ(sys::read_file(container.dir() / "exit"), "signal:9\n");
}

TEST(Supervisor, ASignalThatDoesNotExistIsRefused) {
    const FakeContainer container;
    MonitorClient client = container.client();
    EXPECT_EQ(error_of([&] { client.kill(1000); }), "send signal 1000: Invalid argument");
    EXPECT_EQ(client.status().state, State::Running);
}

TEST(Supervisor, WithoutCleanupProgramItEndsTheContainerItself) {
    FakeContainer::Options options;
    options.adjust = [](SupervisorState& state) { state.cleanup = "/nonexistent/lxcpp-cleanup"; };
    FakeContainer container(std::move(options));
    MonitorClient client = container.client();
    client.subscribe();
    container.exit_with(3);
    EXPECT_EQ(next_event(client).state, State::Stopping);
    EXPECT_EQ(next_event(client),
              (protocol::Event{"c1", State::Stopped, container.init(), sys::ExitStatus{false, 3}}));
    EXPECT_EQ(WEXITSTATUS(container.wait_supervisor()), 1);
    EXPECT_FALSE(sys::exists(container.dir() / "socket"));
    EXPECT_EQ(sys::read_file(container.dir() / "exit"), "code:3\n");
    EXPECT_NE(sys::read_file(container.log())
                  .find("ERROR c1: no clean-up: run /nonexistent/lxcpp-cleanup: No such file"),
              std::string::npos);
}

TEST(Supervisor, ARebootKeepsSocketAndSubscribers) {
    FakeContainer container({.cleanup = test::CleanupMode::Reboot});
    MonitorClient client = container.client();
    client.subscribe();
    const ino_t socket = sys::stat_path(container.dir() / "socket")->st_ino;
    client.kill(SIGHUP);
    EXPECT_EQ(next_event(client).exit, (sys::ExitStatus{true, SIGHUP}));
    const protocol::Event running = next_event(client);
    EXPECT_EQ(running.state, State::Running);
    EXPECT_NE(running.pid, container.init());
    EXPECT_EQ(running.exit, std::nullopt);
    EXPECT_EQ(container.client().status().pid, running.pid);
    EXPECT_EQ(client.status().pid, running.pid); // the old connection goes on
    EXPECT_EQ(sys::stat_path(container.dir() / "socket")->st_ino, socket);
    EXPECT_FALSE(sys::exists(container.dir() / "exit"));
    client.kill(SIGKILL);
    EXPECT_EQ(next_event(client).state, State::Stopping);
    EXPECT_EQ(next_event(client).state, State::Stopped);
}

TEST(Supervisor, IsNotEndedBySignals) {
    const FakeContainer container;
    MonitorClient client = container.client();
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE,
                             SIGTSTP}) {
        ASSERT_EQ(::kill(container.supervisor(), signal), 0);
        EXPECT_EQ(client.status().pid, container.init());
    }
    EXPECT_NE(sys::read_file(container.log()).find("WARN c1: SIGTERM ignored"), std::string::npos);
}

TEST(Supervisor, AKilledSupervisorLeavesInitAlive) {
    FakeContainer container;
    MonitorClient client = container.client();
    ASSERT_EQ(::kill(container.supervisor(), SIGKILL), 0);
    container.wait_supervisor();
    EXPECT_EQ(error_of([&] { (void)client.status(); }), "the monitor of c1 is gone");
    // The fake's init, forked from the starter, has the socket too until it first runs.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (MonitorClient::connect(container.dir()) && std::chrono::steady_clock::now() < end) {
    }
    EXPECT_FALSE(MonitorClient::connect(container.dir()).has_value());
    EXPECT_EQ(::kill(container.init(), 0), 0);
}

TEST(Supervisor, AStoppedSupervisorDoesNotHangItsClients) {
    const FakeContainer container;
    MonitorClient client = container.client(50ms);
    ASSERT_EQ(::kill(container.supervisor(), SIGSTOP), 0);
    EXPECT_EQ(error_of([&] { (void)client.status(); }), "the monitor of c1 does not answer");
    ASSERT_EQ(::kill(container.supervisor(), SIGCONT), 0);
    MonitorClient patient = container.client();
    EXPECT_EQ(patient.status().pid, container.init());
    // The late answer to the first question is not taken for the answer to the second.
    EXPECT_EQ(error_of([&] { client.kill(1000); }), "send signal 1000: Invalid argument");
}

TEST(Supervisor, AdoptsAnInitThatIsNotItsChild) {
    FakeContainer container({.adopt = true});
    MonitorClient client = container.client();
    client.subscribe();
    container.exit_with(5);
    const protocol::Event event = next_event(client);
    EXPECT_EQ(event.state, State::Stopping);
    // Linux 6.15 remembers the exit status for whoever holds a pidfd; older ones do not.
    EXPECT_EQ(event.exit.value_or(sys::ExitStatus{false, 5}), (sys::ExitStatus{false, 5}));
    container.wait_supervisor();
    EXPECT_EQ(sys::read_file(container.dir() / "exit"), event.exit ? "code:5\n" : "unknown\n");
}

TEST(Supervisor, ReapsWhatTheStarterLeftBehind) {
    FakeContainer container({.before_exec = [] {
        if (::fork() == 0) ::_exit(0);
    }});
    const std::string children = proc(container.supervisor(), "task/") +
                                 std::to_string(container.supervisor()) + "/children";
    MonitorClient client = container.client();
    std::string left;
    for (int i = 0; i < 1000; ++i) { // the child may exit only now; each status is a turn of the loop
        left = sys::read_file(children);
        if (left == std::to_string(container.init()) + " ") break;
        (void)client.status();
    }
    EXPECT_EQ(left, std::to_string(container.init()) + " ");
}

TEST(Supervisor, StatesThatToolsReport) {
    const FakeContainer container;
    MonitorClient watcher = container.client();
    watcher.subscribe();
    MonitorClient tool = container.client();
    tool.set_state(State::Freezing);
    tool.set_state(State::Frozen);
    EXPECT_EQ(tool.status().state, State::Frozen);
    tool.set_state(State::Thawed);
    for (const State state : {State::Freezing, State::Frozen, State::Thawed, State::Running}) {
        EXPECT_EQ(next_event(watcher).state, state);
    }
    EXPECT_EQ(error_of([&] { tool.set_state(State::Stopped); }),
              "container c1 is RUNNING, it cannot become STOPPED");
}

TEST(Supervisor, HasATitle) {
    const FakeContainer container;
    const std::string title = "[lxcpp monitor] /var/lib/lxcpp-test c1";
    const std::string line = sys::read_file(proc(container.supervisor(), "cmdline"));
    EXPECT_EQ(line.substr(0, line.find('\0')), title);
    EXPECT_EQ(line.find_first_not_of('\0', title.size()), line.npos) << "rest of the arguments";
    EXPECT_EQ(sys::read_file(proc(container.supervisor(), "comm")), "[lxcpp monitor]\n");
}

TEST(Supervisor, KeepsExactlyTheDeclaredDescriptors) {
    const int leak = ::memfd_create("leak", 0); // inheritable on purpose
    FakeContainer::Options options;
    options.console = true;
    options.ttys = 2;
    FakeContainer container(std::move(options));
    ::close(leak);
    MonitorClient client = container.client();
    (void)client.status(); // what it told the starter is done with by now
    const std::filesystem::path fds = proc(container.supervisor(), "fd");
    std::map<std::string, int> found;
    for (const std::string& number : sys::list_dir(fds)) {
        std::string target = *sys::read_link(fds / number);
        target.resize(std::min(target.find(":["), target.size())); // socket:[123]
        if (target.starts_with("/dev/pts/")) target = "slave";
        ++found[target];
        const std::string info = sys::read_file(proc(container.supervisor(), "fdinfo/") + number);
        const unsigned long flags = std::stoul(info.substr(info.find("flags:") + 6), nullptr, 8);
        EXPECT_TRUE(std::stoi(number) <= 2 || (flags & O_CLOEXEC)) << number << " " << target;
    }
    const std::string ptmx = found.contains("/dev/pts/ptmx") ? "/dev/pts/ptmx" : "/dev/ptmx";
    const std::map<std::string, int> expected{
        {"/dev/null", 3},
        {container.dir().string(), 1},
        {"socket", 2}, // the one that listens, and our connection
        {ptmx, 3},
        {"slave", 1}, // of the console, held by the hub
        {container.log().string(), 1},
    };
    int anonymous = 0;
    for (const auto& [target, count] : found) {
        if (target.starts_with("anon_inode") || target.starts_with("pidfd")) {
            anonymous += count; // pidfd, signalfd, epoll
            continue;
        }
        const auto known = expected.find(target);
        EXPECT_TRUE(known != expected.end() && known->second == count) << target << " " << count;
    }
    EXPECT_EQ(anonymous, 3);
    EXPECT_EQ(found[ptmx], 3);
    EXPECT_EQ(*sys::read_link(proc(container.supervisor(), "cwd")), "/");
}

TEST(Supervisor, ADescriptorThatIsNotThereIsAnError) {
    FakeContainer::Options options;
    testing::internal::CaptureStderr();
    EXPECT_NONFATAL_FAILURE(
        {
            options.adjust = [](SupervisorState& state) { state.console = 999; };
            FakeContainer container(options);
        },
        "the supervisor did not start");
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_NE(text.find("999"), text.npos) << text;
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Two of them, so that what they share (the program's pages) is seen to be shared.
TEST(Supervisor, CostsNextToNoMemory) {
    const auto make = [] {
        FakeContainer::Options options;
        options.console = true;
        options.adjust = [](SupervisorState& state) { state.console_buffer = 1 << 20; };
        auto container = std::make_unique<FakeContainer>(std::move(options));
        MonitorClient client = container->client();
        for (int i = 0; i < 100; ++i) (void)client.status();
        return container;
    };
    const auto one = make();
    const auto other = make();
    const std::string rollup = sys::read_file(proc(one->supervisor(), "smaps_rollup"));
    const auto kilobytes = [&](const char* field) {
        return std::stol(rollup.substr(rollup.find(field) + std::strlen(field)));
    };
    EXPECT_LE(kilobytes("Private_Dirty:") + kilobytes("Private_Clean:"), 150) << rollup;
    EXPECT_LE(kilobytes("Rss:"), 2048) << rollup; // 1 MiB when optimised; nearly all of it shared
}
#endif

} // namespace
} // namespace lxcpp
