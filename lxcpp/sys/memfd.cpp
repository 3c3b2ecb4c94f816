// SPDX-License-Identifier: Apache-2.0
#include "sys/memfd.h"

#include "base/error.h"
#include "sys/file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

namespace lxcpp::sys {

namespace {

constexpr int kFirstScript = 100;

Fd unsealed(const char* name, const std::string& what) {
    Fd file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file.valid()) throw SystemError("create a memory file for " + what);
    return file;
}

void seal(FdRef file, const std::string& what) {
    if (::fcntl(file.raw(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
        throw SystemError("seal the memory copy of " + what);
    }
}

} // namespace

Fd sealed_program(const std::filesystem::path& program) {
    const Fd source = open_file(program);
    Fd copy = unsealed("lxcpp-program", program.string());
    for (;;) {
        const ssize_t sent = ::sendfile(copy.raw(), source.raw(), nullptr, 1u << 30);
        if (sent == 0) break;
        if (sent < 0 && errno != EINTR) throw SystemError("copy " + program.string() + " to memory");
    }
    seal(copy, program.string());
    return copy;
}

Fd sealed_script(std::string_view text) {
    const Fd copy = unsealed("script", "a script");
    write_all(copy, text, "a script in memory");
    seal(copy, "a script");
    Fd script(::fcntl(copy.raw(), F_DUPFD_CLOEXEC, kFirstScript));
    if (!script.valid()) throw SystemError("duplicate a descriptor");
    return script;
}

} // namespace lxcpp::sys
