// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"
#include "base/strings.h"
#include "common/cli.h"
#include "common/say.h"
#include "net/commands.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <unistd.h>

// lxcpp-net: the bridge that containers have their network from.
using namespace lxcpp;
using namespace lxcpp::tools;

namespace {

constexpr std::size_t kMany = 100;

struct Command {
    std::string_view name;
    std::string_view words; // that follow it
    std::string_view help;
    int (*run)(const Cli& cli, const net::Options& options);
    std::size_t least = 0, most = 0;
    bool for_users = false; // it is about containers, not about the bridge
};

constexpr std::array kCommands = {
    Command{"up", "[--force]",
            "make what is missing of the bridge and correct the rest; again: no harm",
            [](const Cli& cli, const net::Options& options) { return net::up(cli, options); }},
    Command{"down", "[--force]", "remove it, unless containers use it",
            [](const Cli& cli, const net::Options& options) { return net::down(cli, options); }},
    Command{"status", "[--format=FORMAT]",
            "what is there, and which firewall of others is in the way; exit code 2: not up",
            [](const Cli&, const net::Options& options) { return net::status(options); }},
    Command{"edit", "", "change net.conf with your editor; nothing wrong is saved",
            [](const Cli& cli, const net::Options&) { return net::edit(cli); }},
    Command{"leases", "[--format=FORMAT]", "the addresses that containers have, and of whom else",
            [](const Cli&, const net::Options& options) { return net::leases(options); }},
    Command{"publish", "NAME [ADDRESS:]PORT:PORT[/tcp|/udp]...",
            "let a port of the host lead to one of the container",
            [](const Cli& cli, const net::Options& options) { return net::publish(cli, options); },
            2, kMany, true},
    Command{"unpublish", "NAME PORT[/tcp|/udp]...", "no more",
            [](const Cli& cli, const net::Options&) { return net::unpublish(cli); }, 2, kMany,
            true},
    Command{
        "published", "[NAME] [--format=FORMAT]", "which ports lead to which container",
        [](const Cli& cli, const net::Options& options) { return net::published(cli, options); }, 0,
        1, true},
};

void print_commands() {
    say("\nCommands:\n");
    for (const Command& command : kCommands)
        say("  {:<30} {}\n", fmt::format("{} {}", command.name, command.words), command.help);
}

const Command& find_command(const std::string& name) {
    const auto found = std::ranges::find(kCommands, name, &Command::name);
    if (found != kCommands.end()) return *found;
    std::vector<std::string> names;
    for (const Command& command : kCommands) names.emplace_back(command.name);
    const auto meant = nearest(name, names);
    throw Error(fmt::format("unknown command '{}'; {}", printable(name),
                            meant ? fmt::format("did you mean '{}'?", *meant)
                                  : "the commands are " + join(names, ", ")));
}

int run(const Cli& cli, const net::Options& options) {
    const auto& words = cli.words();
    if (words.empty()) throw Error("no command; \"lxcpp-net --help\" lists them");
    const Command& command = find_command(words.front());
    if (words.size() - 1 > command.most)
        throw Error(
            fmt::format("{}: '{}' is too much", command.name, printable(words[command.most + 1])));
    if (words.size() - 1 < command.least)
        throw Error(fmt::format("{}: it needs {}", command.name, command.words));
    if (::geteuid() != 0 && !command.for_users)
        throw Error(
            fmt::format("{}: the bridge is the host's, and only root may do that", command.name));
    return command.run(cli, options);
}

} // namespace

int main(int argc, char** argv) {
    Cli cli("lxcpp-net",
            "the bridge that containers have their network from, with addresses and names",
            "COMMAND [OPTIONS]", Cli::Name::None);
    net::Options options;
    cli.flag("-f,--force", options.force,
             "up, down: although containers use it; they are without network then");
    cli.option("--listen", options.listen, "publish: only at this address of the host");
    cli.option("--format", options.format,
               "status, leases, published: table (default), json, csv or yaml");
    cli.more_help(print_commands);
    return run_tool(cli, argc, argv, [&](Cli& parsed) { return run(parsed, options); });
}
