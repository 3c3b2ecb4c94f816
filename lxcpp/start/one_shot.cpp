// SPDX-License-Identifier: Apache-2.0
#include <lxcpp/one_shot.h>

#include "base/error.h"
#include "base/paths.h"
#include "console/session.h"
#include "security/seccomp_cache.h"
#include "start/init_handle.h"
#include "start/one_shot_plan.h"
#include "start/payload.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/limits.h"
#include "sys/memfd.h"
#include "sys/pipe.h"

#include <algorithm>
#include <array>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr std::size_t kMostOutput = 1u << 20;

void check(const OneShot& request) {
    if (request.script.empty() && (request.argv.empty() || !request.argv.front().starts_with('/'))) {
        throw Error("a program to run in a root file system needs an absolute path");
    }
    if (request.build && !inside_user_namespace()) {
        throw Error("programs that build an image run in a user namespace of their own only: nothing would keep them from the host");
    }
}

// Its standard input is empty and its output goes to the log, so that a script that asks a question does not wait for the
// administrator. In the child alone: other threads of ours may write meanwhile.
struct Streams {
    explicit Streams(const OneShot& request) : input(sys::duplicate(sys::open_file("/dev/null"))) {
        if (!request.log.empty()) {
            log = sys::duplicate(sys::open_file(request.log, {.access = sys::Access::Append, .create = true, .mode = 0640}));
        }
        if (request.output != nullptr) pipe = sys::make_pipe();
    }
    [[nodiscard]] std::array<FdRef, 3> for_child() const { return {input, pipe.write.valid() ? FdRef(pipe.write) : FdRef(log), log}; }

    Fd input;
    Fd log;
    sys::Pipe pipe;
};

InitResources resources_of(const OneShot& request) {
    InitResources resources;
    const Paths paths = default_paths();
    resources.init_program = sys::sealed_program(paths.libexec / "lxcpp-init");
    // A 32-bit system is set up here as well.
    const SeccompPolicy policy = default_policy({.compatible_abi = true});
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

StartPlan plan_of(const OneShot& request, FdRef script) {
    StartPlan plan = plan_one_shot(request, command_of(request, script));
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
    Streams streams(request);
    InitResources resources = resources_of(request);
    resources.stdio = streams.for_child();
    const StartPlan plan = plan_of(request, resources.script);
    InitHandle init = InitHandle::spawn(plan, resources, std::chrono::steady_clock::now() + std::chrono::seconds(60));
    init.exec();
    streams.pipe.write.reset();
    if (request.terminal) show_terminal(init);
    else if (request.output != nullptr) *request.output = sys::drain_pipe(streams.pipe.read, kMostOutput);
    (void)sys::wait_exited(init.pidfd(), {});
    const Fd pidfd = init.release();
    return sys::reap(pidfd).shell_code();
}

} // namespace lxcpp
