// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <filesystem>

namespace lxcpp::sys {

// A sealed copy of a program in memory: it can be exec'd (execveat(2)) from any mount namespace, and
// nobody can write to the file behind /proc/PID/exe (CVE-2019-5736). Throws SystemError.
[[nodiscard]] Fd sealed_program(const std::filesystem::path& program);

} // namespace lxcpp::sys
