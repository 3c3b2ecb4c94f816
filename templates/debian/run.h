// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "debian/contained.h"
#include "debian/options.h"
#include "image/progress.h"

namespace lxcpp::debian {

// The whole template: fills options.rootfs with a Debian and completes the container's config. What it
// leaves on an Error is for lxcpp-create to remove.
void run_template(const Options& options, const Paths& paths, const RunContained& run,
                  image::ProgressSink& progress);

} // namespace lxcpp::debian
