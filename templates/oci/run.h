// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "image/progress.h"
#include "oci/options.h"

namespace lxcpp::oci {

// The whole template: brings the image into the store and leaves its fingerprint in the container's directory, from
// where lxcpp-create goes on.
void run_template(const Options& options, const Paths& paths, image::ProgressSink& progress);

} // namespace lxcpp::oci
