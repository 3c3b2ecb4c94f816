// SPDX-License-Identifier: Apache-2.0
#include "net/commands.h"

#include "base/program_path.h"
#include "base/strings.h"
#include "common/harmless.h"
#include "common/say.h"
#include "config/bridge_config.h"
#include "network/bridge_files.h"
#include "sys/file.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <cstdlib>
#include <fmt/core.h>
#include <unistd.h>

namespace lxcpp::tools::net {
namespace {

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// As other programs choose one: what the user says, else Debian's own choice.
std::vector<std::string> editor_command() {
    for (const char* name : {"VISUAL", "EDITOR"}) {
        if (auto words = split_command(variable(name)); !words.empty()) return words;
    }
    return {"sensible-editor"};
}

void run_editor(const std::filesystem::path& file) {
    sys::SpawnOptions options;
    options.argv = editor_command();
    for (const std::string& candidate :
         program_candidates(options.argv.front(), {"PATH=" + variable("PATH")})) {
        if (!sys::exists(candidate)) continue;
        options.program = candidate;
        break;
    }
    if (options.program.empty())
        throw Error(fmt::format("the editor {} is not installed: set EDITOR to one that is",
                                printable(options.argv.front())));
    options.argv.push_back(file.string());
    options.standard_input = FdRef(STDIN_FILENO);
    const sys::ExitStatus status = sys::spawn(options).wait();
    if (status != sys::ExitStatus{})
        throw Error(fmt::format("{} ended with {}: nothing was changed", options.argv.front(),
                                status.shell_code()));
}

} // namespace

int edit(const Cli& cli) {
    const Paths paths = default_paths();
    const std::filesystem::path file = bridge_config_file(paths);
    const std::string old = sys::read_file_if_exists(file).value_or("");
    const std::filesystem::path draft = file.string() + ".draft";
    sys::make_dirs(file.parent_path());
    const std::string before = old.empty() ? bridge_config_template() : old;
    if (!sys::exists(draft))
        sys::write_file_atomic(draft, before, 0644);
    else if (!cli.quiet())
        say("{}: this goes on with {}, which an edit before has left\n", cli.program(), harmless(draft.string()));
    try {
        run_editor(draft);
    } catch (const Error&) {
        if (sys::read_file_if_exists(draft) == before) sys::remove_file(draft);
        throw;
    }
    const std::string text = sys::read_file(draft);
    static_cast<void>(
        parse_bridge_config(text, draft.string())); // the draft stays where its error can be mended
    if (text != old) sys::write_file_as_it_is(file, text);
    sys::remove_file(draft);
    if (text != old &&
        load_bridge_settings(bridge_files(paths, load_bridge_config(paths).bridge)) && !cli.quiet())
        say("{}: \"lxcpp-net up\" makes the changes effective\n", cli.program());
    return 0;
}

} // namespace lxcpp::tools::net
