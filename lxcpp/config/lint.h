// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/load.h"
#include "config/problem.h"

#include <filesystem>
#include <vector>

namespace lxcpp {

// Everything that is wrong with a file and what it includes (errors: it does not load), and what
// is probably not meant (warnings), by line. Throws SystemError when the file cannot be read.
[[nodiscard]] std::vector<Problem> lint(const std::filesystem::path& path,
                                        const LoadOptions& options = {});

} // namespace lxcpp
