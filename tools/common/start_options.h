// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cli.h"

#include <lxcpp/container.h>

#include <string>
#include <vector>

namespace lxcpp::tools {

// What lxcpp-start and lxcpp-execute have in common.
class StartCommand {
public:
    explicit StartCommand(Cli& cli);
    // After parsing: completes options.
    void finish(const Cli& cli);

    StartOptions options;

private:
    std::string pid_file_;
    std::string rcfile_;
    bool close_all_ = false;
    std::string share_[4];
};

} // namespace lxcpp::tools
