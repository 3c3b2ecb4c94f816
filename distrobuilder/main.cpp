// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"
#include "common/cli.h"
#include "common/harmless.h"
#include "common/say.h"
#include "distrobuilder/command_line.h"
#include "sys/fd_table.h"
#include "sys/signal.h"

#include <lxcpp/error.h>

#include <cstdio>
#include <exception>

// lxcpp-distrobuilder: images of distributions by recipes.
using namespace lxcpp;
using namespace lxcpp::distro;

namespace {

int run(int argc, char** argv) {
    sys::fill_standard_fds();
    sys::ignore_file_size_signal();
    int code = 0;
    const auto line = read_command_line(argc, argv, code);
    if (line) {
        log::configure({.program = std::string(kProgram), .level = line->options.debug ? LogLevel::Info : LogLevel::Error, .file = {}, .to_stderr = true});
        code = line->command->run(line->options, line->words);
    }
    if (std::fflush(stdout) != 0) throw SystemError("write to the standard output");
    return code;
}

} // namespace

int main(int argc, char** argv) {
    const tools::TellsOutOfMemory before_all_else;
    try {
        return run(argc, argv);
    } catch (const std::bad_alloc&) {
        (void)std::fputs("lxcpp-distrobuilder: out of memory\n", stderr);
    } catch (const std::exception& error) {
        tools::say("{}: {}\n", kProgram, tools::harmless(error.what()));
    }
    return 1;
}
