// SPDX-License-Identifier: Apache-2.0
#include "container/outside_directory.h"

#include "base/error.h"
#include "base/log.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace lxcpp {
namespace {

sys::RootedDir parent_dir(FdRef parent, const std::filesystem::path& path) {
    return {sys::duplicate(parent), path.parent_path().string()};
}

} // namespace

OutsideDirectory::OutsideDirectory(const std::filesystem::path& path)
    : path_(path), parent_(sys::open_file(path.parent_path(), {.access = sys::Access::Read, .directory = true})) {
    const sys::RootedDir parent = parent_dir(parent_, path_);
    const std::string leaf = path_.filename().string();
    try {
        parent.make_dir(leaf, 0755);
    } catch (const SystemError& error) {
        if (error.code() != EEXIST) throw;
        throw Error("--dir " + path_.string() + ": exists already; destroy would delete what is in it");
    }
    directory_ = parent.open_at(leaf, O_RDONLY | O_DIRECTORY);
}

OutsideDirectory::~OutsideDirectory() {
    if (kept_ || !directory_.valid()) return;
    try {
        if (is_still_there()) parent_dir(parent_, path_).remove_tree(path_.filename().string());
        else log::warn("{} is another directory by now and stays", path_.string());
    } catch (const Error& error) {
        log::warn("leftover {}: {}", path_.string(), error.what());
    }
}

bool OutsideDirectory::is_still_there() const {
    const struct stat ours = sys::stat_fd(directory_);
    const auto now = parent_dir(parent_, path_).stat(path_.filename().string());
    return now && now->st_dev == ours.st_dev && now->st_ino == ours.st_ino;
}

void OutsideDirectory::require_there() const {
    if (!is_still_there()) throw Error("--dir " + path_.string() + ": somebody has replaced the directory meanwhile");
}

} // namespace lxcpp
