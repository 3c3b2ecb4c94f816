// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"
#include "base/paths.h"
#include "image/progress.h"
#include "oci/options.h"
#include "oci/run.h"
#include "sys/own_namespace.h"
#include "sys/signal.h"

#include <cstdio>
#include <exception>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char** argv) {
    try {
        ::umask(022);
        lxcpp::sys::ignore_file_size_signal();
        if (lxcpp::sys::in_own_namespace()) lxcpp::sys::keep_rights_to_ourselves(); // not for gpg and its like
        const auto options = lxcpp::oci::parse_options({argv + 1, argv + argc});
        if (options.help) {
            std::fputs(lxcpp::oci::usage().data(), stdout);
            return options.path.empty() ? 0 : 1; // within a create: there is to be no container
        }
        std::unique_ptr<lxcpp::image::ProgressSink> progress = std::make_unique<lxcpp::image::SilentProgress>();
        if (!options.quiet) progress = lxcpp::image::make_progress(lxcpp::FdRef(STDERR_FILENO));
        lxcpp::oci::run_template(options, lxcpp::default_paths(), *progress);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lxcpp-oci: %s\n", error.what());
        return 1;
    }
}
