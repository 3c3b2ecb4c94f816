// SPDX-License-Identifier: Apache-2.0
#include "sys/memory_file.h"

#include <lxcpp/error.h>

#include <sys/mman.h>

namespace lxcpp::sys {

Fd memory_file(const char* name) {
    Fd fd(::memfd_create(name, MFD_CLOEXEC));
    if (!fd.valid()) throw SystemError("create a file in memory");
    return fd;
}

} // namespace lxcpp::sys
