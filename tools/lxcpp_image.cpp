// SPDX-License-Identifier: Apache-2.0
#include "common/say.h"
#include "images/verb.h"

#include "base/nearest.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// lxcpp-image: the images of this machine. Each command is a file in images/.
using namespace lxcpp;
using namespace lxcpp::tools;
using namespace lxcpp::tools::images;

namespace {

constexpr std::string_view kProgram = "lxcpp-image";
const std::array<const Verb*, 12> kVerbs{&kList,  &kInfo,   &kPull,  &kRefresh, &kImport, &kDelete,
                                         &kPrune, &kVerify, &kAlias, &kPublish, &kExport, &kServerTree};

// What Incus, LXD, docker and podman call them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kElsewhere{{
    {"build", "publish"},
    {"copy", "pull"},
    {"images", "list"},
    {"inspect", "info"},
    {"load", "import"},
    {"ls", "list"},
    {"remove", "delete"},
    {"rm", "delete"},
    {"save", "export"},
    {"show", "info"},
}};

const Verb* find_verb(std::string_view name) {
    const auto found = std::ranges::find(kVerbs, name, [](const Verb* verb) { return verb->name; });
    return found == kVerbs.end() ? nullptr : *found;
}

const Verb& require_verb(std::span<const std::string> words) {
    if (words.empty()) throw Error("which command? 'lxcpp-image --help' lists them");
    if (const Verb* verb = find_verb(words[0])) return *verb;
    std::vector<std::string> names;
    for (const Verb* verb : kVerbs) names.emplace_back(verb->name);
    const auto elsewhere = std::ranges::find(kElsewhere, words[0], &std::pair<std::string_view, std::string_view>::first);
    const auto meant = elsewhere != kElsewhere.end() ? std::optional<std::string>(elsewhere->second) : nearest(words[0], names);
    throw Error(fmt::format("there is no command {}{}", printable(words[0]), meant ? fmt::format("; did you mean '{}'?", *meant) : ": 'lxcpp-image --help' lists them"));
}

// "lxcpp-image VERB ...": the options of that command only.
int run_verb(const Verb& verb, int argc, char** argv) {
    Cli cli(kProgram, fmt::format("{}: {}.", verb.name, verb.help), fmt::format("{} {}", verb.name, verb.synopsis), Cli::Name::None);
    Options options;
    verb.add_options(cli, options);
    return run_tool(cli, argc, argv, [&](const Cli& parsed) { return verb.run(parsed, options, parsed.words()); });
}

// Options before the command, or none: those of all commands.
int run_any(int argc, char** argv) {
    Cli cli(kProgram, "Shows and changes the images of this machine, of which containers are made.", "COMMAND [OPTION...]", Cli::Name::None);
    Options options;
    for (const Verb* verb : kVerbs) verb->add_options(cli, options);
    cli.more_help([] {
        say("\nCommands ('lxcpp-image COMMAND --help' explains one):\n");
        for (const Verb* verb : kVerbs) say("  {:<13}{}\n", verb->name, verb->help);
    });
    return run_tool(cli, argc, argv, [&](const Cli& parsed) {
        const std::span<const std::string> words(parsed.words());
        return require_verb(words).run(parsed, options, words.subspan(1));
    });
}

} // namespace

int main(int argc, char** argv) {
    const Verb* verb = argc > 1 ? find_verb(argv[1]) : nullptr;
    return verb != nullptr ? run_verb(*verb, argc - 1, argv + 1) : run_any(argc, argv);
}
