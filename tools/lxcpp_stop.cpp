// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/say.h"

#include <lxcpp/container.h>

#include <cstdio>
#include <fmt/core.h>

using namespace lxcpp;

namespace {

constexpr int kNotRunning = 2;

int stop(const tools::Cli& cli, const StopOptions& options) {
    Container container(cli.name(), cli.lxcpath());
    try {
        if (container.stop(options)) return 0;
        if (!cli.quiet()) {
            tools::say("lxcpp-stop: {}: the container did not {} in time\n", container.name(),
                       options.reboot ? "go down for its reboot and come back" : "stop");
        }
        return 1;
    } catch (const StateError& error) {
        if (error.problem() != StateProblem::NotRunning) throw;
        if (!cli.quiet()) tools::say("lxcpp-stop: {}: {}\n", container.name(), error.what());
        return kNotRunning;
    }
}

} // namespace

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-stop", "stop or reboot a container", "--name=NAME [OPTION...]");
    StopOptions options;
    bool no_wait = false;
    bool no_lock = false;
    bool no_kill = false;
    std::string timeout;
    cli.flag("-r,--reboot", options.reboot, "reboot it");
    cli.flag("-W,--nowait", no_wait, "do not wait for the end");
    cli.option("-t,--timeout", timeout, "seconds for a clean shut-down (60); -1 = for ever");
    cli.flag("-k,--kill", options.kill, "kill it instead of a clean shut-down");
    cli.flag("--nolock", no_lock, "with -k: do not wait for other commands (never done here)");
    cli.flag("--nokill", no_kill, "do not kill it when the clean shut-down takes too long");
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) {
        if (options.kill && options.reboot) throw Error("-k and -r exclude each other");
        if (options.kill && no_kill) throw Error("-k and --nokill exclude each other");
        if (no_lock && !options.kill) throw Error("--nolock needs -k");
        options.wait = !no_wait;
        options.kill_after_timeout = !no_kill;
        if (!timeout.empty()) options.timeout = tools::parse_timeout(timeout);
        return stop(parsed, options);
    });
}
