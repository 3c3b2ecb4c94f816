// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

namespace lxcpp::sys {

// memfd_create(2): an empty file in memory; name is only shown in /proc.
[[nodiscard]] Fd memory_file(const char* name);

} // namespace lxcpp::sys
