// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"

#include "base/strings.h"

#include <lxcpp/container.h>

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
        return container.wait(parse_states(states), tools::parse_timeout(timeout)) ? 0 : 1;
    });
}
