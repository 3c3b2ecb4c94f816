// SPDX-License-Identifier: Apache-2.0
#include "start/runtime_state.h"

#include "support/error_of.h"
#include "support/temp_dir.h"

#include "base/paths.h"
#include "sys/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using test::error_of;

RuntimeState full() {
    RuntimeState state;
    state.supervisor.name = "c1";
    state.supervisor.lxcpath = "/var/lib/lxcpp";
    state.supervisor.init = {4711, 99, "8f2a5c0e-0000-4000-8000-000000000001"};
    state.supervisor.socket = 5;
    state.supervisor.pidfd = 6;
    state.payload_cgroups = {"/sys/fs/cgroup/memory/lxcpp.payload.c1", "/sys/fs/cgroup/unified/lxcpp.payload.c1"};
    state.other_cgroups = {"/sys/fs/cgroup/memory/lxcpp.monitor.c1"};
    state.kind = StartKind::Execute;
    state.config_file = "/a file\nof two lines\\n";
    state.defines = {"lxc.uts.name=a=b", "lxc.environment=X=line 1\nline 2", "\\", "\\\\n", "", " blank "};
    state.command = {"/bin/sh", "-c", "printf 'a\\nb\\\\'\nexit 1\n", "", "cgroup.1=x"};
    state.share = {{"net", "c2"}, {"ipc", "/proc/4711/ns/ipc of a path with blanks"}};
    state.log_level = "DEBUG";
    state.cgroup_pattern = "lxcpp/%n";
    state.ephemeral = true;
    return state;
}

void expect_same(const RuntimeState& left, const RuntimeState& right) {
    EXPECT_EQ(left.supervisor.name, right.supervisor.name);
    EXPECT_EQ(left.supervisor.init.pid, right.supervisor.init.pid);
    EXPECT_EQ(left.payload_cgroups, right.payload_cgroups);
    EXPECT_EQ(left.other_cgroups, right.other_cgroups);
    EXPECT_EQ(left.kind, right.kind);
    EXPECT_EQ(left.config_file, right.config_file);
    EXPECT_EQ(left.defines, right.defines);
    EXPECT_EQ(left.command, right.command);
    EXPECT_EQ(left.share, right.share);
    EXPECT_EQ(left.log_level, right.log_level);
    EXPECT_EQ(left.cgroup_pattern, right.cgroup_pattern);
    EXPECT_EQ(left.ephemeral, right.ephemeral);
}

std::filesystem::path runtime_of_full(const test::TempDir& dir) {
    Paths paths;
    paths.runtime = dir.path();
    auto runtime = runtime_dir(paths, "/var/lib/lxcpp", "c1");
    sys::make_dirs(runtime);
    return runtime;
}

TEST(RuntimeState, SurvivesTheFile) {
    const RuntimeState state = full();
    expect_same(parse_runtime_state(print_runtime_state(state)), state);
}

TEST(RuntimeState, SoDoesOneWithNothingInIt) {
    RuntimeState state = full();
    state.payload_cgroups.clear();
    state.other_cgroups.clear();
    state.kind = StartKind::System;
    state.config_file.clear();
    state.defines.clear();
    state.command.clear();
    state.share.clear();
    state.log_level.clear();
    state.cgroup_pattern.clear();
    state.ephemeral = false;
    expect_same(parse_runtime_state(print_runtime_state(state)), state);
}

// What was read once is printed as it was: a reboot does not grow the file.
TEST(RuntimeState, IsPrintedTheSameAgain) {
    const std::string text = print_runtime_state(full());
    EXPECT_EQ(print_runtime_state(parse_runtime_state(text)), text);
}

// A command line of the administrator cannot forge lines of the file.
TEST(RuntimeState, ALineEndInACommandIsNoLineOfTheFile) {
    RuntimeState state = full();
    state.command = {"x\nephemeral=0\npid=1\nfd.socket=0"};
    const RuntimeState read = parse_runtime_state(print_runtime_state(state));
    EXPECT_EQ(read.command, state.command);
    EXPECT_EQ(read.supervisor.init.pid, 4711);
    EXPECT_TRUE(read.ephemeral);
}

TEST(RuntimeState, ALineEndInAPatternIsNoLineOfTheFile) {
    RuntimeState state = full();
    state.log_level = "a\\\nb";
    state.cgroup_pattern = "x\\n\ny";
    expect_same(parse_runtime_state(print_runtime_state(state)), state);
}

TEST(RuntimeState, MoreThanNineEntriesKeepTheirOrder) {
    RuntimeState state = full();
    state.command.clear();
    for (int i = 0; i < 25; ++i) state.command.push_back(std::to_string(i));
    EXPECT_EQ(parse_runtime_state(print_runtime_state(state)).command, state.command);
}

TEST(RuntimeState, RefusesASharedNamespaceWithoutTarget) {
    std::string text = print_runtime_state(full());
    text += "share.3=net\n";
    EXPECT_EQ(error_of([&] { (void)parse_runtime_state(text); }), "runtime state: bad shared namespace \"net\"");
}

TEST(RuntimeState, IsSavedAndLoaded) {
    const test::TempDir dir;
    const auto runtime = runtime_of_full(dir);
    EXPECT_FALSE(load_runtime_state(runtime).has_value());
    save_runtime_state(runtime, full());
    const auto state = load_runtime_state(runtime);
    ASSERT_TRUE(state.has_value());
    expect_same(*state, full());
    const auto mode = std::filesystem::status(runtime / "state").permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

// Copied, renamed or planted: its process is not this container's.
TEST(RuntimeState, ThatOfAnotherContainerIsRefused) {
    const test::TempDir dir;
    const auto runtime = runtime_of_full(dir);
    for (const auto& [name, lxcpath] : {std::pair{"c2", "/var/lib/lxcpp"}, std::pair{"c1", "/srv"}}) {
        RuntimeState other = full();
        other.supervisor.name = name;
        other.supervisor.lxcpath = lxcpath;
        save_runtime_state(runtime, other);
        EXPECT_NE(error_of([&] { (void)load_runtime_state(runtime); }).find("it is that of another container"), std::string::npos);
    }
}

TEST(RuntimeState, OneThatOthersMayWriteIsRefused) {
    const test::TempDir dir;
    const auto runtime = runtime_of_full(dir);
    save_runtime_state(runtime, full());
    sys::chmod(runtime / "state", 0666);
    EXPECT_NE(error_of([&] { (void)load_runtime_state(runtime); }).find("must not be writable by others"), std::string::npos);
}

TEST(RuntimeState, ABrokenFileIsNamed) {
    const test::TempDir dir;
    save_runtime_state(dir.path(), full());
    std::filesystem::resize_file(dir / "state", 12);
    EXPECT_EQ(error_of([&] { (void)load_runtime_state(dir.path()); }).rfind((dir / "state").string() + ": state file: ", 0), 0U)
        << error_of([&] { (void)load_runtime_state(dir.path()); });
}

TEST(RuntimeDir, GoesAsAWholeAndWithWhatACrashLeft) {
    const test::TempDir dir;
    const std::string gone = ".gone-c1-" + std::to_string(::getpid());
    sys::make_dirs(dir / "c1", 0700);
    sys::make_dirs(dir / gone / "x", 0700);
    sys::write_file_atomic(dir / "c1/state", "x");
    remove_runtime_dir(dir / "c1");
    EXPECT_TRUE(sys::list_dir(dir.path()).empty());
    remove_runtime_dir(dir / "c1"); // no error
}

} // namespace
} // namespace lxcpp
