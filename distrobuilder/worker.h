// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "distrobuilder/build_namespace.h"

#include <chrono>
#include <functional>
#include <optional>

namespace lxcpp::distro {

struct BuildWork {
    std::function<int(const BuildIdentity&)> run;
    std::function<void()> clean_up; // takes away what run has left when it was ended half way
    // Valid: run ends by itself when its time is over, for which it has a little longer; once this
    // is readable, as long as it takes.
    FdRef ends_by_itself = {};
};

// Does work in a process of its own that has entered the build's namespace, and returns what it
// returns. What it throws is printed there, and counts as 1. A signal to us (SIGINT, SIGTERM,
// SIGHUP, SIGQUIT), or the end of the time, ends it (by SIGTERM, and when it holds that back for
// long by SIGKILL) with all that it runs; then it is cleaned up. Throws Error when it ended so, or
// was killed.
int run_in_build_namespace(const BuildPlaces& places, std::optional<std::chrono::seconds> timeout,
                           const BuildWork& work);

} // namespace lxcpp::distro
