// SPDX-License-Identifier: Apache-2.0
#include "start/console_target.h"

#include "base/error.h"
#include "sys/file.h"
#include "sys/pty.h"

#include <sys/stat.h>

namespace lxcpp {

ConsoleTarget open_console_target(const ConsoleOptions& console) {
    ConsoleTarget target;
    target.logfile = console.logfile;
    if (console.path.empty() || console.path == "none") return target;
    const auto info = sys::stat_path(console.path);
    if (info && S_ISCHR(info->st_mode)) {
        target.device = with_context("lxc.console.path", [&] {
            return sys::open_file(console.path, {.access = sys::Access::ReadWrite, .nonblock = true});
        });
        if (sys::is_terminal(target.device)) sys::set_raw(target.device);
        return target;
    }
    if (!console.logfile.empty()) {
        throw ConfigError("", 0, "lxc.console.path", "a file as the console and lxc.console.logfile exclude each other");
    }
    target.logfile = console.path;
    return target;
}

} // namespace lxcpp
