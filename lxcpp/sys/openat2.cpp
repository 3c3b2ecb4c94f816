// SPDX-License-Identifier: Apache-2.0
#include "sys/openat2.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lxcpp::sys {

int open_resolved(FdRef dir, const char* path, int flags, mode_t mode,
                  std::uint64_t resolve) noexcept {
    open_how how{};
    how.flags =
        static_cast<std::uint64_t>(flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NOCTTY));
    // openat2(2) refuses a mode where none is used.
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) how.mode = mode & 07777;
    how.resolve = resolve;
    // The kernel says EAGAIN when a rename or mount elsewhere raced with "..": an attacker may
    // cause that on purpose, so patience is bounded.
    constexpr int kAttempts = 128;
    int error = EAGAIN;
    for (int i = 0; i < kAttempts && (error == EAGAIN || error == EINTR); ++i) {
        const long fd = ::syscall(SYS_openat2, dir.raw(), path, &how, sizeof how);
        if (fd >= 0) return static_cast<int>(fd);
        error = errno;
    }
    return -error;
}

} // namespace lxcpp::sys
