// SPDX-License-Identifier: Apache-2.0
#include "monitor/state_file.h"

#include <lxcpp/error.h>

#include "support/error_of.h"

#include <gtest/gtest.h>

namespace lxcpp {
namespace {

using test::error_of;

SupervisorState full_state() {
    SupervisorState state;
    state.name = "c1";
    state.lxcpath = "/var/lib/lxcpp with = and blanks";
    state.init = {4711, 99, "8a5f"};
    state.state = State::Frozen;
    state.socket = 5;
    state.pidfd = 6;
    state.console = 7;
    state.status = 8;
    state.session = 11;
    state.ttys = {{1, 9}, {2, 10}};
    state.console_buffer = 1 << 20;
    state.console_logfile = "/var/log/c1";
    state.console_size = 4096;
    state.console_rotate = true;
    state.cleanup = "/usr/libexec/lxcpp/lxcpp-cleanup";
    state.log = "/var/log/lxcpp/c1.log";
    state.uid = 1000;
    state.extra = {{"cgroup.0", "/sys/fs/cgroup/x"}};
    return state;
}

constexpr const char* kSmallest = "version=1\nname=c1\npid=1\nfd.socket=5\nfd.pidfd=6\n";

std::string parse_error(const std::string& text) {
    return error_of([&] { (void)parse_state_file(text); });
}

TEST(StateFile, ComesBackAsItWas) {
    EXPECT_EQ(parse_state_file(print_state(full_state())), full_state());
}

TEST(StateFile, IsKeyValueLines) {
    SupervisorState state;
    state.name = "c1";
    state.init.pid = 1;
    state.socket = 5;
    state.pidfd = 6;
    EXPECT_EQ(print_state(state), kSmallest);
    EXPECT_EQ(parse_state_file(kSmallest), state);
}

TEST(StateFile, UnknownKeysAreKept) {
    const SupervisorState state = parse_state_file(std::string(kSmallest) + "later=x=y\n");
    EXPECT_EQ(state.extra, (std::vector<std::pair<std::string, std::string>>{{"later", "x=y"}}));
}

TEST(StateFile, ErrorsNameTheLine) {
    const std::string start = kSmallest;
    EXPECT_EQ(parse_error("version=2\n"),
              "state file: line 1: version=2: this program reads version 1 only");
    EXPECT_EQ(parse_error(start + "garbage\n"), "state file: line 6: garbage: not \"key=value\"");
    EXPECT_EQ(parse_error(start + "name=c2\n"), "state file: line 6: name: given twice");
    EXPECT_EQ(parse_error(start + "fd.console=x\n"), "state file: line 6: fd.console: bad value");
    EXPECT_EQ(parse_error(start + "fd.tty.0=9\n"), "state file: line 6: fd.tty.0: bad value");
    EXPECT_EQ(parse_error(start + "state=running\n"), "state file: line 6: state: bad value");
    EXPECT_EQ(parse_error(start + "console.size=-1\n"), "state file: line 6: console.size: bad value");
    EXPECT_EQ(parse_error("version=1\nname=c1\npid=1\nfd.pidfd=6\n"),
              "state file: there is no fd.socket");
    EXPECT_EQ(parse_error("version=1\nname=c1\nfd.pidfd=6\n"), "state file: there is no fd.socket");
}

TEST(StateFile, NothingCanSmuggleALineIn) {
    SupervisorState state = full_state();
    state.log = "/log\nuid=0";
    EXPECT_EQ(error_of([&] { (void)print_state(state); }),
              "state file: the value of log contains a line end or NUL");
}

TEST(ExitText, ComesBackAsItWas) {
    for (const std::optional<sys::ExitStatus>& exit :
         {std::optional<sys::ExitStatus>{}, {{false, 3}}, {{true, 9}}}) {
        EXPECT_EQ(parse_exit(print_exit(exit)), exit);
    }
    EXPECT_EQ(print_exit(sys::ExitStatus{true, 1}), "signal:1");
    EXPECT_EQ(print_exit(std::nullopt), "unknown");
    EXPECT_EQ(parse_exit("code:7\n"), (sys::ExitStatus{false, 7})); // as the file has it
    for (const char* bad : {"", "code", "code:", "code:-1", "code:1x", "exit:1"}) {
        EXPECT_THROW((void)parse_exit(bad), Error) << bad;
    }
    EXPECT_EQ(error_of([] { (void)parse_exit("9"); }),
              "exit status \"9\" is not code:N, signal:N or unknown");
}

} // namespace
} // namespace lxcpp
