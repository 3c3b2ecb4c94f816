// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/output_directory.h"

#include "base/log.h"
#include "distrobuilder/hidden_output.h"
#include "image/tree_copy.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"
#include "sys/signal.h"

#include <lxcpp/error.h>

#include <csignal>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

// Entries of a directory on their way into another one: all of them, or none.
class Moving {
public:
    Moving(const fs::path& from, const fs::path& to) : from_(from), to_(to) {}
    Moving(const Moving&) = delete;
    Moving& operator=(const Moving&) = delete;
    ~Moving() {
        if (finished_) return;
        try {
            for (const std::string& name : moved_) sys::rename_noreplace(to_ / name, from_ / name);
        } catch (const std::exception& error) {
            log::error("{}", error.what());
        }
    }

    void move(const std::string& name) {
        sys::rename_noreplace(from_ / name, to_ / name);
        moved_.push_back(name);
    }
    void finish() {
        sys::fsync_dir(to_);
        finished_ = true;
    }

private:
    fs::path from_;
    fs::path to_;
    std::vector<std::string> moved_;
    bool finished_ = false;
};

// Somebody else may have been quicker.
void require_nothing_else(const fs::path& target) {
    for (const std::string& name : sys::list_dir(target))
        if (!is_hidden_output(name)) throw Error(fmt::format("{} is not empty any more", target.string()));
}

// All but the time, which what follows would change.
void look_like(FdRef directory, FdRef model, const std::string& name) {
    const struct stat info = sys::stat_fd(model);
    for (const auto& [key, value] : sys::read_xattrs(model, name)) sys::set_xattr(directory, key, value, name);
    sys::set_owner(directory, info.st_uid, info.st_gid, name);
    sys::set_mode(directory, info.st_mode & 07777, name);
}

} // namespace

void write_directory(const sys::RootedDir& root, const fs::path& target, image::ProgressSink& progress) {
    const Fd to = sys::open_file(target, {.directory = true});
    {
        const HiddenOutput hidden = make_hidden_output(target);
        const fs::path made = hidden.directory.path() / "root";
        sys::make_dir(made, 0700);
        const sys::RootedDir copy = sys::RootedDir::open(made);
        (void)image::copy_tree(root, copy, progress, {.phase = "Copying the tree", .sums = false});
        const Fd model = sys::open_file(made, {.directory = true});
        sys::sync_filesystem(model, made.string());
        require_nothing_else(target);
        const sys::SignalFd held_back{SIGINT, SIGTERM, SIGHUP, SIGQUIT}; // as OutputFiles::publish(): all of it or nothing
        Moving moving(made, target);
        for (const sys::DirEntry& entry : copy.list()) moving.move(entry.name);
        look_like(to, model, target.string());
        moving.finish();
    }
    sys::set_mtime(to, root.stat("").value().st_mtim, target.string());
}

} // namespace lxcpp::distro
