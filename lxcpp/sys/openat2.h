// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <sys/types.h>

namespace lxcpp::sys {

// openat2(2): a descriptor or -errno. resolve is RESOLVE_* of <linux/openat2.h>; O_CLOEXEC (and
// O_NOCTTY, unless O_PATH) are added.
[[nodiscard]] int open_resolved(FdRef dir, const char* path, int flags, mode_t mode,
                                std::uint64_t resolve) noexcept;

} // namespace lxcpp::sys
