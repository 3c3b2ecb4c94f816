// SPDX-License-Identifier: Apache-2.0
#include "attach/sealed_join.h"

#include "start/enter.h"
#include "sys/file.h"
#include "sys/memory_file.h"

#include <linux/capability.h>

namespace lxcpp {
namespace {

constexpr std::uint64_t kNeeded = kConfiningCapabilities | 1ull << CAP_SETPCAP;

Fd filter_file(const std::vector<std::uint8_t>& program) {
    Fd file = sys::memory_file("seccomp");
    sys::write_all(file, {reinterpret_cast<const char*>(program.data()), program.size()}, "the seccomp filter");
    return file;
}

} // namespace

void SealedJoin::apply(JoinPlan& plan, const Paths& paths, int terminal) {
    program_ = sealed_enter(paths);
    plan.enter = program_.raw();
    EnterCall call{.tasks = kEnterJoin | kEnterBorn, .report = plan.report, .terminal = terminal, .uid = plan.uid, .gid = plan.gid, .groups = plan.groups};
    if (plan.remount_proc_sys) call.tasks |= kEnterRemount;
    if (!plan.confine_first) {
        call.tasks |= kEnterConfine;
        if (!plan.seccomp.empty()) filter_ = filter_file(plan.seccomp);
        call.filter = plan.filter = filter_.raw();
        // execve(2) gives root the bounding set and no more.
        if (plan.bounding_set) call.capabilities = plan.bounding_later = kNeeded & ~*plan.bounding_set;
    }
    words_ = enter_words(call, plan.programs.size());
    for (const auto* list : {&words_, &plan.programs}) {
        for (const std::string& word : *list) plan.enter_argv.push_back(const_cast<char*>(word.c_str()));
    }
    plan.enter_argv.insert(plan.enter_argv.end(), plan.argv.begin(), plan.argv.end());
}

} // namespace lxcpp
