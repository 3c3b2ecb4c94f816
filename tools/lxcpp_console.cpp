// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/say.h"

#include "console/escape.h"

#include <lxcpp/container.h>

#include <cstdio>
#include <fmt/core.h>

using namespace lxcpp;

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-console", "connect this terminal to one of a container", "--name=NAME [-t TTY] [-e KEY]");
    int tty = -1;
    std::string prefix = "^a";
    cli.option("-t,--tty", tty, "number of the tty; 0 = the console, -1 = the first free one (default)");
    cli.option("-e,--escape", prefix, "prefix of the escape sequence: a letter or ^letter (default ^a)");
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) {
        const auto escape = parse_escape(prefix);
        Container container(parsed.name(), parsed.lxcpath());
        container.console(tty, escape ? *escape : -1, [&](int number) {
            tools::say("\nConnected to tty {}\n", number);
            if (escape) {
                const char letter = static_cast<char>(*escape + 'a' - 1);
                tools::say("Type <Ctrl+{0} q> to exit the console, <Ctrl+{0} Ctrl+{0}> to enter Ctrl+{0} itself\n", letter);
            }
        });
        return 0;
    });
}
