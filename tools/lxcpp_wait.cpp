// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/say.h"

#include "base/strings.h"

#include <lxcpp/container.h>

#include <algorithm>

using namespace lxcpp;

namespace {

std::vector<State> parse_states(const std::string& text) {
    std::vector<State> states;
    for (const std::string_view word : split(text, '|')) {
        const auto state = parse_state(word);
        if (!state) {
            throw Error("-s " + text + ": expected states such as STOPPED, RUNNING or FROZEN, joined by |");
        }
        states.push_back(*state);
    }
    return states;
}

// "It is stopped" would be a lie of one whose name is misspelt, or that the caller may not see. One that is not made yet
// can be waited for until it runs.
void require_there(const tools::Cli& cli, const Container& container, const std::vector<State>& wanted) {
    if (container.is_defined() || container.is_running()) return;
    const std::string absent = "there is no such container in " + container.lxcpath().string();
    if (std::ranges::find(wanted, State::Stopped) != wanted.end()) throw StateError(StateProblem::NotFound, absent);
    if (!cli.quiet()) tools::say("lxcpp-wait: {}: {}; waiting for one\n", container.name(), absent);
}

} // namespace

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-wait", "wait for a state of a container", "--name=NAME --state=STATES [-t SECONDS]");
    std::string states;
    std::string timeout = "-1";
    cli.option("-s,--state", states, "STOPPED STARTING RUNNING STOPPING ABORTING FREEZING FROZEN THAWED, joined by |");
    cli.option("-t,--timeout", timeout, "seconds to wait; -1 = for ever (default)");
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) {
        if (states.empty()) throw Error("no state given: -s STATE");
        const Container container(parsed.name(), parsed.lxcpath());
        const std::vector<State> wanted = parse_states(states);
        const auto limit = tools::parse_timeout(timeout);
        require_there(parsed, container, wanted);
        return container.wait(wanted, limit) ? 0 : 1;
    });
}
