// SPDX-License-Identifier: Apache-2.0
#include "sys/sync.h"

#include "base/error.h"
#include "sys/file.h"

#include <unistd.h>

namespace lxcpp::sys {

void sync_filesystem(const std::filesystem::path& directory) {
    const Fd fd = open_file(directory, {.directory = true});
    if (::syncfs(fd.raw()) < 0) throw SystemError("sync the file system of " + directory.string());
}

} // namespace lxcpp::sys
