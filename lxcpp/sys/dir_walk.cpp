// SPDX-License-Identifier: Apache-2.0
#include "sys/dir_walk.h"

#include "sys/read_dir.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace lxcpp::sys {
namespace {

struct Level {
    std::string name;                // of this directory in the one above
    std::vector<std::string> pending; // directories in it that are still to be visited
};

Fd open_directory(FdRef base, const char* name) noexcept {
    return Fd(::openat(base.raw(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

std::vector<std::string> directories_in(const RootedDir& directory) {
    std::vector<std::string> names;
    Fd copy = open_directory(directory.fd(), ".");
    if (!copy.valid()) return names; // removed meanwhile
    for (DirEntry& entry : read_dir(std::move(copy), directory.name())) {
        if (entry.type == DT_DIR) names.push_back(std::move(entry.name));
    }
    return names;
}

class Walker {
public:
    Walker(Fd top, std::string name, const DirWalk& walk)
        : here_(std::move(top), std::move(name)), walk_(walk) {}

    bool run() {
        if (!arrive({})) return false;
        while (!levels_.empty()) {
            if (!step()) return false;
        }
        return true;
    }

private:
    bool step() {
        std::vector<std::string>& pending = levels_.back().pending;
        if (pending.empty()) {
            go_up();
            return true;
        }
        std::string name = std::move(pending.back());
        pending.pop_back();
        Fd child = open_directory(here_.fd(), name.c_str());
        if (!child.valid() && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return true;
        if (!child.valid()) throw SystemError("open a directory below " + here_.name());
        here_ = RootedDir(std::move(child), here_.name());
        return arrive(std::move(name));
    }

    bool arrive(std::string name) {
        if (walk_.enter && !walk_.enter(here_)) return false;
        levels_.push_back({std::move(name), directories_in(here_)});
        return true;
    }

    void go_up() {
        const std::string name = std::move(levels_.back().name);
        levels_.pop_back();
        if (levels_.empty()) return;
        // One descriptor for any depth; a directory is never moved to another parent in a cgroup.
        Fd parent = open_directory(here_.fd(), "..");
        if (!parent.valid()) throw SystemError("open a directory below " + here_.name());
        here_ = RootedDir(std::move(parent), here_.name());
        if (walk_.leave) walk_.leave(here_, name);
    }

    RootedDir here_;
    std::vector<Level> levels_;
    const DirWalk& walk_;
};

} // namespace

bool walk_directories(const std::filesystem::path& top, const DirWalk& walk) {
    Fd fd(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.valid() && (errno == ENOENT || errno == ENODEV)) return true;
    if (!fd.valid()) throw SystemError("open " + top.native());
    return Walker(std::move(fd), top.native(), walk).run();
}

int try_remove_dir_in(const RootedDir& parent, const std::string& name) noexcept {
    return ::unlinkat(parent.fd().raw(), name.c_str(), AT_REMOVEDIR) == 0 ? 0 : -errno;
}

} // namespace lxcpp::sys
