// SPDX-License-Identifier: Apache-2.0
#include "common/plan_problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    for (const Problem& problem : tools::plan_problems(load_config_text(text, "c"))) lines.push_back(problem_line(problem));
    return lines;
}

} // namespace

TEST(PlanProblems, NoneForWhatStarts) {
    EXPECT_THAT(lines_of("lxc.rootfs.path = /r\nlxc.mount.entry = /a b none bind,create=dir 0 0\nlxc.init.cmd = /sbin/init x\n"),
                testing::IsEmpty());
}

// The planner stops at the first; an administrator wants them all.
TEST(PlanProblems, EachWithItsLine) {
    EXPECT_THAT(lines_of("lxc.rootfs.path = /r\n"
                         "lxc.mount.entry = /a b none bind 0 0\n"
                         "lxc.mount.entry = /a ../b none bind 0 0\n"
                         "lxc.mount.entry = /a c none bind,create=link 0 0\n"
                         "lxc.hook.mount = relative\n"
                         "lxc.init.cmd = init \"x\n"
                         "lxc.prlimit.nofiles = 4\n"
                         "lxc.seccomp.profile = /nonexistent/policy\n"),
                testing::UnorderedElementsAre(
                    "c:3: error: lxc.mount.entry: \"..\" in target ../b: \"/a ../b none bind 0 0\"",
                    "c:4: error: lxc.mount.entry: create= takes dir or file, not \"link\": \"/a c none bind,create=link 0 0\"",
                    "c:5: error: lxc.hook.mount: \"relative\" must be an absolute path",
                    "c:6: error: lxc.init.cmd: command has an unclosed \": init \"x",
                    "c:7: error: lxc.prlimit.nofiles: no such resource limit (see prlimit(1))",
                    "c:8: error: lxc.seccomp.profile: open /nonexistent/policy: No such file or directory"));
}
