// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/start_options.h"
#include "common/user_scope.h"

#include <lxcpp/container.h>

#include <csignal>
#include <cstdio>
#include <fmt/core.h>

using namespace lxcpp;

namespace {

int finish(const StartResult& result) {
    if (!result.exit) return 0;
    if (!result.exit->signaled) return result.exit->value;
    // The caller sees the same end as the command had.
    (void)std::signal(result.exit->value, SIG_DFL);
    (void)std::raise(result.exit->value);
    return 128 + result.exit->value;
}

} // namespace

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-execute", "run one command in a container", "--name=NAME [OPTION...] [-- COMMAND]");
    tools::StartCommand command(cli);
    bool daemon = false;
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
    cli.flag("-d,--daemon", daemon, "in the background");
    cli.option("-u,--uid", uid, "user id inside");
    cli.option("-g,--gid", gid, "group id inside");
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) {
        command.finish(parsed);
        command.options.execute = true;
        command.options.foreground = !daemon;
        command.options.uid = uid;
        command.options.gid = gid;
        tools::move_to_user_scope(parsed.name());
        Container container(parsed.name(), parsed.lxcpath());
        command.options.note = tools::note_printer(parsed);
        return finish(container.start(command.options));
    });
}
