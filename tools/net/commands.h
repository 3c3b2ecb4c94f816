// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cli.h"

#include <string>
#include <vector>

// The commands of lxcpp-net; each returns the exit code.
namespace lxcpp::tools::net {

struct Options {
    bool force = false;
    std::string format = "table";
    std::string listen;
};

// A container whose monitor was killed together with it is no reason to refuse.
void clean_up_after_dead(const Cli& cli);

int up(const Cli& cli, const Options& options);
int down(const Cli& cli, const Options& options);
int status(const Options& options);
int edit(const Cli& cli);
int leases(const Options& options);
// Words: the command, a container, ports.
int publish(const Cli& cli, const Options& options);
int unpublish(const Cli& cli);
int published(const Cli& cli, const Options& options);

} // namespace lxcpp::tools::net
