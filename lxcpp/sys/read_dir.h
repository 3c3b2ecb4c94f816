// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <string_view>
#include <vector>

namespace lxcpp::sys {

struct DirEntry;

// Entries of an open directory without "." and "..", sorted bytewise. what names it in the
// SystemError.
[[nodiscard]] std::vector<DirEntry> read_dir(Fd dir, std::string_view what);

} // namespace lxcpp::sys
