// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/harmless.h"

#include <lxcpp/container.h>

#include <fmt/core.h>

using namespace lxcpp;

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-cgroup", "read or change a cgroup value of a running container",
                   "--name=NAME KEY [VALUE]");
    return tools::run_tool(cli, argc, argv, [](tools::Cli& parsed) {
        const std::vector<std::string>& words = parsed.words();
        if (words.empty()) throw Error("no key given, such as memory.max");
        if (words.size() > 2) throw Error("too many words; a value with blanks needs quotes");
        Container container(parsed.name(), parsed.lxcpath());
        if (words.size() == 2) {
            container.set_cgroup_item(words[0], words[1]);
        } else {
            fmt::print("{}\n", tools::for_output(container.cgroup_item(words[0])));
        }
        return 0;
    });
}
