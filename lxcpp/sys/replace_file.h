// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <string>
#include <string_view>
#include <sys/types.h>

namespace lxcpp::sys {

// Puts content under the name leaf in dir: a temporary file with exactly this mode, fsync, rename,
// fsync of dir. On any error the old file is untouched and the temporary one is gone. what names
// the file in the SystemError.
void replace_file(FdRef dir, const std::string& leaf, std::string_view content, mode_t mode,
                  std::string_view what);

// The same with mode and owner of the file that it replaces, as far as they are not ours anyway; a new one is ours and
// has this mode.
void replace_file_as_it_is(FdRef dir, const std::string& leaf, std::string_view content, mode_t new_mode,
                           std::string_view what);

// What a process that was killed in the middle of it leaves.
[[nodiscard]] bool is_temporary_name(std::string_view name);

} // namespace lxcpp::sys
