// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <filesystem>
#include <string_view>

namespace lxcpp::sys {

// A sealed copy of a program in memory: it can be exec'd (execveat(2)) from any mount namespace, and
// nobody can write to the file behind /proc/PID/exe (CVE-2019-5736). Throws SystemError.
[[nodiscard]] Fd sealed_program(const std::filesystem::path& program);

// A text to be executed by its "#!" line, as /proc/self/fd/NUMBER: one of 100 or more, which no script takes for itself.
[[nodiscard]] Fd sealed_script(std::string_view text);

} // namespace lxcpp::sys
