// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/export.h>

namespace lxcpp {

[[nodiscard]] LXCPP_API const char* version() noexcept; // "0.1.0"

} // namespace lxcpp
