// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"

#include <cerrno>
#include <unistd.h>

namespace lxcpp {

void Fd::reset(int fd) noexcept {
    if (fd_ >= 0) {
        const int saved = errno;
        ::close(fd_);
        errno = saved;
    }
    fd_ = fd;
}

} // namespace lxcpp
