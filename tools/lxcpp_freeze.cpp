// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"

#include <lxcpp/container.h>

using namespace lxcpp;

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-freeze", "freeze all processes of a container", "--name=NAME");
    return tools::run_tool(cli, argc, argv, [](tools::Cli& parsed) {
        Container(parsed.name(), parsed.lxcpath()).freeze();
        return 0;
    });
}
