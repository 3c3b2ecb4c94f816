// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

namespace lxcpp::sys {

// The user namespace that a namespace of another kind belongs to. Throws SystemError; EPERM when it
// is neither ours nor below ours.
[[nodiscard]] Fd user_namespace_of(FdRef other);

} // namespace lxcpp::sys
