// SPDX-License-Identifier: Apache-2.0
#include "sys/memfd.h"

#include "base/error.h"
#include "sys/file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

namespace lxcpp::sys {

Fd sealed_program(const std::filesystem::path& program) {
    const Fd source = open_file(program);
    Fd copy(::memfd_create("lxcpp-program", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!copy.valid()) throw SystemError("create a memory file for " + program.string());
    for (;;) {
        const ssize_t sent = ::sendfile(copy.raw(), source.raw(), nullptr, 1u << 30);
        if (sent == 0) break;
        if (sent < 0 && errno != EINTR) throw SystemError("copy " + program.string() + " to memory");
    }
    if (::fcntl(copy.raw(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
        throw SystemError("seal the memory copy of " + program.string());
    }
    return copy;
}

} // namespace lxcpp::sys
