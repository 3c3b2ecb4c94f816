// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

// What the file systems of directories can do, tried with files that have no name and vanish.
namespace lxcpp::sys {

// Files below the one can share their blocks with files below the other (ioctl_ficlone(2)).
[[nodiscard]] bool can_share_blocks(FdRef from, FdRef to) noexcept;
// xattr(7): attributes "user.*" can be set.
[[nodiscard]] bool takes_user_attributes(FdRef directory) noexcept;

} // namespace lxcpp::sys
