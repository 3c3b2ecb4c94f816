// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/text.h"

#include <string>
#include <vector>

namespace lxcpp {

enum class KeepV1 { Yes, No };

struct Migration {
    ConfigText text;
    std::vector<std::string> changes; // one line each, for people
};

// Renames keys of the time before LXC 2.1 and gives each cgroup v1 line its v2 equivalent: beside
// it, or instead of it (KeepV1::No) where there is one. Touches no other line.
[[nodiscard]] Migration migrate(const ConfigText& text, KeepV1 keep);

} // namespace lxcpp
