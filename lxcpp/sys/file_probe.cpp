// SPDX-License-Identifier: Apache-2.0
#include "sys/file_probe.h"

#include <array>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

Fd nameless_file(FdRef directory) noexcept {
    return Fd(::openat(directory.raw(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

} // namespace

bool can_share_blocks(FdRef from, FdRef to) noexcept {
    const Fd source = nameless_file(from);
    const Fd target = nameless_file(to);
    if (!source.valid() || !target.valid()) return false;
    std::array<char, 4096> block{}; // a file system may answer differently for files that it keeps elsewhere than in blocks
    block.fill('x');
    if (::write(source.raw(), block.data(), block.size()) != static_cast<ssize_t>(block.size())) return false;
    return ::ioctl(target.raw(), FICLONE, source.raw()) == 0;
}

bool takes_user_attributes(FdRef directory) noexcept {
    const Fd file = nameless_file(directory);
    return file.valid() && ::fsetxattr(file.raw(), "user.lxcpp", "x", 1, 0) == 0;
}

} // namespace lxcpp::sys
