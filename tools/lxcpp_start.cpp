// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/harmless.h"
#include "common/say.h"
#include "common/start_options.h"
#include "common/user_scope.h"

#include <lxcpp/container.h>

#include <cstdio>
#include <fmt/core.h>

using namespace lxcpp;

namespace {

int start(Container& container, const StartOptions& options, bool quiet) {
    try {
        const StartResult result = container.start(options);
        if (!result.exit || !result.one_program) return 0;
        return result.exit->signaled ? 128 + result.exit->value : result.exit->value;
    } catch (const StateError& error) {
        // Scripts rely on it: what was to run does run.
        if (error.problem() != StateProblem::Running) throw;
        if (!quiet) tools::say("lxcpp-start: {}: {}\n", container.name(), error.what());
        return 0;
    }
}

int take_over(Container& container, bool quiet) {
    const bool done = container.adopt();
    if (!done && !quiet) fmt::print("{}: its monitor lives; nothing to do\n", container.name());
    return 0;
}

int upgrade_monitor(Container& container, bool quiet) {
    const std::string version = container.upgrade_monitor();
    if (!quiet) fmt::print("{}: its monitor is of version {} now\n", container.name(), version);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-start", "start a container", "--name=NAME [OPTION...] [-- COMMAND]");
    tools::StartCommand command(cli);
    bool daemon = false;
    bool plan = false;
    bool adopt = false;
    bool upgrade = false;
    cli.flag("-d,--daemon", daemon, "in the background (default)");
    cli.flag("-F,--foreground", command.options.foreground, "with this terminal as its console, until it stops");
    cli.flag("--adopt", adopt, "give a running container whose monitor died a new one");
    cli.flag("--upgrade-monitor", upgrade, "let a running container's monitor go on with the installed program");
    cli.flag("--print-plan", plan, "print what a start would do, and do nothing");
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) {
        if (daemon && command.options.foreground) throw Error("-d and -F exclude each other");
        command.finish(parsed);
        Container container(parsed.name(), parsed.lxcpath());
        if (upgrade) return upgrade_monitor(container, parsed.quiet());
        if (adopt) return take_over(container, parsed.quiet());
        command.options.note = tools::note_printer(parsed);
        if (!plan) tools::move_to_user_scope(parsed.name());
        if (!plan) return start(container, command.options, parsed.quiet());
        fmt::print("{}", tools::for_output(container.print_plan(command.options)));
        return 0;
    });
}
