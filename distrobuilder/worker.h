// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/build_namespace.h"

#include <chrono>
#include <functional>
#include <optional>

namespace lxcpp::distro {

// Runs work in a process of its own that has entered the build's namespace, and returns what it returns. What it throws
// is printed there, and counts as 1. A signal to us (SIGINT, SIGTERM, SIGHUP, SIGQUIT), or the end of the time, ends it with all that
// it runs; what it left in the cache is then taken away, and clean does so elsewhere, in another such process. Throws Error when it
// ended so, or was killed.
int run_in_build_namespace(const BuildPlaces& places, std::optional<std::chrono::seconds> timeout,
                           const std::function<int(const BuildIdentity&)>& work, const std::function<void()>& clean = {});

} // namespace lxcpp::distro
