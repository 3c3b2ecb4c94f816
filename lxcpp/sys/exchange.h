// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <string>

namespace lxcpp::sys {

// Two entries of a directory, plain names of ours, change places at once: neither is ever absent. False where the file
// system cannot do that. Throws SystemError.
[[nodiscard]] bool exchange_names(FdRef directory, const std::string& one, const std::string& other);

} // namespace lxcpp::sys
