// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"
#include "base/paths.h"
#include "download/options.h"
#include "download/run.h"
#include "image/http.h"
#include "image/progress.h"
#include "sys/own_namespace.h"
#include "sys/signal.h"
#include "sys/terminal.h"

#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace {

namespace download = lxcpp::download;

// A create runs us in the background, and takes the terminal back when we are done.
std::optional<std::string> ask_on_terminal(const std::string& text) {
    lxcpp::sys::ignore_stop_signal(); // nobody would wake us
    lxcpp::sys::take_terminal(lxcpp::FdRef(STDIN_FILENO));
    std::fputs(text.c_str(), stderr);
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
}

int run(const download::Options& options) {
    std::unique_ptr<lxcpp::image::ProgressSink> progress = std::make_unique<lxcpp::image::SilentProgress>();
    if (!options.quiet) progress = lxcpp::image::make_progress(lxcpp::FdRef(STDERR_FILENO));
    lxcpp::image::HttpClient http;
    const auto paths = lxcpp::default_paths();
    if (options.list) {
        std::fputs(download::list_images(options, paths, http, *progress).c_str(), stdout);
        return options.path.empty() ? 0 : 1; // within a create: there is to be no container
    }
    const bool terminal = ::isatty(STDIN_FILENO) == 1;
    download::run_template(options, paths, http, *progress, terminal ? download::Ask(ask_on_terminal) : download::Ask());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        ::umask(022);
        lxcpp::sys::ignore_file_size_signal();
        if (lxcpp::sys::in_own_namespace()) lxcpp::sys::keep_rights_to_ourselves(); // not for gpg and its like
        const auto options = download::parse_options({argv + 1, argv + argc});
        if (!options.help) return run(options);
        std::fputs(download::usage().data(), stdout);
        return options.path.empty() ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lxcpp-download: %s\n", error.what());
        return 1;
    }
}
