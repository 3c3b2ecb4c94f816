// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/output_directory.h"

#include "base/log.h"
#include "distrobuilder/hidden_output.h"
#include "distrobuilder/publication.h"
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
    Moving(const fs::path& from, const fs::path& to, const std::vector<sys::DirEntry>& entries)
        : from_(from), to_(to) {
        Publication publication{.from = from.filename(), .root = true, .put = {}, .take = {}};
        for (const sys::DirEntry& entry : entries)
            publication.put.push_back(
                {entry.name, sys::stat_path(from / entry.name, false).value().st_ino});
        note_publication(from.parent_path(), publication);
    }
    Moving(const Moving&) = delete;
    Moving& operator=(const Moving&) = delete;
    ~Moving() {
        if (!finished_) undo();
        forget_publication(from_.parent_path());
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
    void undo() noexcept {
        try {
            for (const std::string& name : moved_) sys::rename_noreplace(to_ / name, from_ / name);
        } catch (const std::exception& error) {
            log::error("{}", error.what());
        }
    }

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

} // namespace

void write_directory(const sys::RootedDir& root, const fs::path& target, image::ProgressSink& progress) {
    const Fd to = sys::open_file(target, {.directory = true});
    {
        const HiddenOutput hidden = make_hidden_output(target);
        const fs::path made = hidden.directory.path() / "root";
        sys::make_dir(made, 0700);
        const sys::RootedDir copy = sys::RootedDir::open(made);
        (void)image::copy_tree(root, copy, progress, {.phase = "Copying the tree", .sums = false});
        sys::sync_filesystem(sys::open_file(made, {.directory = true}), made.string());
        require_nothing_else(target);
        const sys::SignalFd held_back{SIGINT, SIGTERM, SIGHUP,
                                      SIGQUIT}; // as OutputFiles::publish(): all of it or nothing
        const std::vector<sys::DirEntry> entries = copy.list();
        Moving moving(made, target, entries);
        for (const sys::DirEntry& entry : entries) moving.move(entry.name);
        look_like_directory(target, made);
        moving.finish();
    }
    sys::set_mtime(to, root.stat("").value().st_mtim, target.string());
}

} // namespace lxcpp::distro
