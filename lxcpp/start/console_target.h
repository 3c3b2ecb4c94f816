// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "config/types.h"

#include <string>

namespace lxcpp {

// Where the console goes beside its viewers: lxc.console.path and lxc.console.logfile.
struct ConsoleTarget {
    Fd device;           // a character device that shows the console and types into it; invalid = none
    std::string logfile; // what the console prints is appended; empty = none
};

// Opens the device that lxc.console.path names, a terminal in raw mode; any other path is a file for what the
// console prints. Throws ConfigError for such a file together with a log file, SystemError.
[[nodiscard]] ConsoleTarget open_console_target(const ConsoleOptions& console);

} // namespace lxcpp
