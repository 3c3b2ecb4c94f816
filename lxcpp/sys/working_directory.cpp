// SPDX-License-Identifier: Apache-2.0
#include "sys/working_directory.h"

#include <cerrno>
#include <unistd.h>

namespace lxcpp::sys {

int try_change_directory(const std::filesystem::path& path) noexcept { return ::chdir(path.c_str()) == 0 ? 0 : -errno; }

} // namespace lxcpp::sys
