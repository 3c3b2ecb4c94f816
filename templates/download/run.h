// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "download/listing.h"
#include "download/options.h"
#include "image/http.h"
#include "image/progress.h"

#include <string>

namespace lxcpp::download {

// What --list prints.
[[nodiscard]] std::string list_images(const Options& options, const Paths& paths, image::HttpClient& http,
                                      image::ProgressSink& progress);

// Brings the image into the store and leaves its fingerprint in <path>/image, for create to go on from. ask is empty
// where nobody can be asked. Throws Error.
void run_template(const Options& options, const Paths& paths, image::HttpClient& http, image::ProgressSink& progress,
                  const Ask& ask);

} // namespace lxcpp::download
