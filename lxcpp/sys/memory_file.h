// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstddef>
#include <string>

namespace lxcpp::sys {

// memfd_create(2): an empty file in memory; name is only shown in /proc.
[[nodiscard]] Fd memory_file(const char* name);

// For what somebody writes whom we do not trust: it has this size for good, filled with zeros, and what
// does not fit is refused to the writer.
[[nodiscard]] Fd sized_memory_file(const char* name, std::size_t size);
// Its bytes up to the first zero, at most size; the file's offset is the writer's and is not used.
[[nodiscard]] std::string read_text(FdRef file, std::size_t size);

} // namespace lxcpp::sys
