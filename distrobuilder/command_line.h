// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/command.h"

#include <optional>
#include <string>
#include <vector>

namespace lxcpp::distro {

struct CommandLine {
    const Command* command = nullptr;
    CommandOptions options;
    std::vector<std::string> words; // after the command's name
};

// Reads it as distrobuilder does: options before and after the command, "--cleanup=false". Throws Error for a command that
// there is not, and for an option that the command has not; nullopt when the line alone settles it (help, version, an
// error of getopt), with the exit code in code.
[[nodiscard]] std::optional<CommandLine> read_command_line(int argc, char** argv, int& code);

} // namespace lxcpp::distro
