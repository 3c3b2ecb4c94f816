// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/tree_move.h"

#include "image/tree_copy.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <sys/stat.h>

namespace lxcpp::distro {

void move_tree(const sys::RootedDir& from, const sys::RootedDir& to, image::ProgressSink& progress) {
    bool moved = false;
    for (const auto& entry : from.list()) {
        try {
            sys::rename(std::filesystem::path(sys::fd_path(from.fd())) / entry.name, std::filesystem::path(sys::fd_path(to.fd())) / entry.name);
            moved = true;
        } catch (const SystemError& error) {
            if (error.code() != EXDEV || moved) throw;
            (void)image::copy_tree(from, to, progress, {.phase = "Copying the root file system", .sums = false});
            break;
        }
    }
    const auto info = sys::stat_fd(from.fd());
    to.chown("", info.st_uid, info.st_gid);
    to.chmod("", info.st_mode & 07777);
}

} // namespace lxcpp::distro
