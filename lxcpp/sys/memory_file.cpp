// SPDX-License-Identifier: Apache-2.0
#include "sys/memory_file.h"

#include "sys/eintr.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lxcpp::sys {

Fd memory_file(const char* name) {
    Fd fd(::memfd_create(name, MFD_CLOEXEC));
    if (!fd.valid()) throw SystemError("create a file in memory");
    return fd;
}

Fd sized_memory_file(const char* name, std::size_t size) {
    Fd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd.valid()) throw SystemError("create a file in memory");
    if (::ftruncate(fd.raw(), static_cast<off_t>(size)) < 0) throw SystemError("size a file in memory");
    if (::fcntl(fd.raw(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
        throw SystemError("seal a file in memory");
    }
    return fd;
}

std::string read_text(FdRef file, std::size_t size) {
    std::string text(size, '\0');
    std::size_t got = 0;
    while (got < size) {
        const ssize_t count = retry_eintr([&] { return ::pread(file.raw(), text.data() + got, size - got, static_cast<off_t>(got)); });
        if (count < 0) throw SystemError("read a file in memory");
        if (count == 0) break;
        got += static_cast<std::size_t>(count);
    }
    text.resize(std::min(got, text.find('\0')));
    return text;
}

} // namespace lxcpp::sys
