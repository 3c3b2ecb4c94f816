// SPDX-License-Identifier: Apache-2.0
#include "common/start_options.h"

#include <array>

namespace lxcpp::tools {
namespace {

constexpr std::array<const char*, 4> kShared{"net", "ipc", "uts", "pid"};

} // namespace

StartCommand::StartCommand(Cli& cli) {
    cli.option("-f,--rcfile", rcfile_, "load this configuration instead of the container's");
    cli.option("-s,--define", options.defines, "KEY=VALUE on top of the configuration");
    cli.option("-p,--pidfile", pid_file_, "write the monitor's process id to this file");
    cli.option("-c,--console", options.console_path, "device or file that is the console");
    cli.option("-L,--console-log", options.console_log, "append what the console shows to this file");
    cli.flag("-C,--close-all-fds", close_all_, "close inherited descriptors (always done)");
    for (std::size_t i = 0; i < kShared.size(); ++i) {
        cli.option(std::string("--share-") + kShared[i], share_[i],
                   std::string("share the ") + kShared[i] + " namespace of a container or process");
    }
}

void StartCommand::finish(const Cli& cli) {
    options.command = cli.words();
    options.config = rcfile_;
    options.pid_file = pid_file_;
    options.log_level = cli.log_level();
    for (std::size_t i = 0; i < kShared.size(); ++i) {
        if (!share_[i].empty()) options.share.push_back({kShared[i], share_[i]});
    }
}

} // namespace lxcpp::tools
