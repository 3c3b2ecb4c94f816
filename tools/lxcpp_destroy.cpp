// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"

#include <lxcpp/container.h>

using namespace lxcpp;

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-destroy", "destroy a container", "--name=NAME [-f] [-s]");
    DestroyOptions options;
    cli.flag("-f,--force", options.force, "stop it first when it runs");
    cli.flag("-s,--snapshots", options.snapshots, "destroy its snapshots too");
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) {
        Container(parsed.name(), parsed.lxcpath()).destroy(options);
        return 0;
    });
}
