// SPDX-License-Identifier: Apache-2.0
#include <lxcpp/one_shot.h>

#include "base/error.h"
#include "base/paths.h"
#include "console/session.h"
#include "host/id_map.h"
#include "host/own_ids.h"
#include "security/seccomp_cache.h"
#include "start/init_handle.h"
#include "start/one_shot_output.h"
#include "start/one_shot_plan.h"
#include "start/payload.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/limits.h"
#include "sys/memfd.h"

#include <algorithm>
#include <optional>
#include <unistd.h>

namespace lxcpp {
namespace {

void check(const OneShot& request) {
    if (request.script.empty() && (request.argv.empty() || !request.argv.front().starts_with('/'))) {
        throw Error("a program to run in a root file system needs an absolute path");
    }
    if (request.build && !inside_user_namespace()) {
        throw Error("programs that build an image run in a user namespace of their own only: nothing would keep them from the host");
    }
}

InitResources resources_of(const OneShot& request) {
    InitResources resources;
    const Paths paths = default_paths();
    resources.init_program = sys::sealed_program(paths.libexec / "lxcpp-init");
    // A 32-bit system is set up here as well. Package managers sync each file that they write, and their lists after each package:
    // who makes a root file system syncs it once, when it is whole.
    const SeccompPolicy policy = default_policy({.compatible_abi = true, .no_sync = true});
    resources.seccomp = compile_bpf_cached(policy, native_seccomp_archs(), paths.cache).bpf;
    if (!request.script.empty()) resources.script = sys::sealed_script(request.script);
    return resources;
}

std::vector<std::string> command_of(const OneShot& request, FdRef script) {
    std::vector<std::string> command;
    if (script.valid()) command.push_back(sys::fd_path(script));
    command.insert(command.end(), request.argv.begin(), request.argv.end());
    return command;
}

// A builder that an ordinary user runs has that user's own id beside those of images. A program that took it would be
// the user to all whom the shared network leads to, such as a session's bus or display on an abstract socket.
std::vector<IdMapEntry> ids_of(const OneShot& request) {
    if (!request.build || !parse_id_map(sys::read_file("/proc/self/uid_map")).to_host(kOwnUserInside)) return {};
    return {{IdKind::Uid, 0, 0, kIdsPerContainer}, {IdKind::Gid, 0, 0, kIdsPerContainer}};
}

StartPlan plan_of(const OneShot& request, FdRef script) {
    StartPlan plan = plan_one_shot(request, command_of(request, script), ids_of(request));
    for (LimitPlan& limit : plan.limits) {
        limit.hard = std::min(limit.hard, sys::hard_limit(limit.resource));
        limit.soft = std::min(limit.soft, limit.hard);
    }
    return plan;
}

void show_terminal(InitHandle& init) {
    const std::vector<Fd> masters = init.take_masters();
    RelayOptions options;
    options.until = init.pidfd();
    options.send_eof = true;
    const SessionResult result = relay(FdRef(STDIN_FILENO), FdRef(STDOUT_FILENO), masters.at(0), options);
    if (result.end == SessionEnd::Signal || result.end == SessionEnd::OutputGone) throw Error("the terminal is gone, or a signal came");
}

} // namespace

int run_one_shot(const OneShot& request) {
    check(request);
    sys::fill_standard_fds();
    InitResources resources = resources_of(request);
    std::optional<OneShotOutput> output;
    if (!request.terminal) output.emplace(request);
    if (output) resources.stdio = output->for_child();
    const StartPlan plan = plan_of(request, resources.script);
    InitHandle init = InitHandle::spawn(plan, resources, std::chrono::steady_clock::now() + std::chrono::seconds(60));
    init.exec();
    const bool in_time = !output || output->copy(init.pidfd(), request.deadline);
    if (!output) show_terminal(init);
    (void)sys::wait_exited(init.pidfd(), {});
    const Fd pidfd = init.release();
    const int code = sys::reap(pidfd).shell_code();
    if (!in_time) throw Error("it was not finished in time");
    return code;
}

} // namespace lxcpp
