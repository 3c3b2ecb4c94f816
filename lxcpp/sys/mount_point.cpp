// SPDX-License-Identifier: Apache-2.0
#include "sys/mount_point.h"

#include "base/error.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace lxcpp::sys {

bool is_mount_point(const std::filesystem::path& path) {
    struct statx info{};
    if (::statx(AT_FDCWD, path.c_str(), AT_NO_AUTOMOUNT, 0, &info) < 0) {
        throw SystemError("look at " + path.string());
    }
    return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

void set_propagation(const std::filesystem::path& path, std::uint64_t flag) {
    if (::mount(nullptr, path.c_str(), nullptr, flag, nullptr) < 0) {
        throw SystemError("change the propagation of " + path.string());
    }
}

} // namespace lxcpp::sys
