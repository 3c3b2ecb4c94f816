// SPDX-License-Identifier: Apache-2.0
#include "start/starter.h"

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "sys/spawn.h"

namespace lxcpp {
namespace {

constexpr std::chrono::minutes kHookTime{10};

std::string failure(const RunProgram& hook, const sys::RunResult& result) {
    std::string text = hook.what;
    text += result.status.signaled ? " was killed by signal " : " exited with ";
    text += std::to_string(result.status.value);
    const auto lines = split_lines(result.output);
    if (!lines.empty()) text += ": " + printable(lines.back());
    return text;
}

} // namespace

void run_host_hooks(const std::vector<RunProgram>& hooks, const std::vector<std::string>& extra_env,
                    const std::vector<std::pair<FdRef, int>>& extra_fds) {
    for (const RunProgram& hook : hooks) {
        std::vector<std::string> env = hook.env;
        env.insert(env.end(), extra_env.begin(), extra_env.end());
        sys::SpawnOptions options;
        options.argv = hook.argv;
        options.program = hook.argv.front();
        options.env = std::move(env);
        options.extra_fds = extra_fds;
        options.new_process_group = true;
        options.die_with_parent = true; // a start that is aborted takes its hook along
        const sys::RunResult result = with_context(hook.what, [&] { return sys::run_and_capture(options, kHookTime); });
        if (result.status != sys::ExitStatus{}) throw Error(failure(hook, result));
        log::info("{}: {}", hook.what, result.output);
    }
}

} // namespace lxcpp
