// SPDX-License-Identifier: Apache-2.0
#include "base/paths.h"
#include "base/strings.h"
#include "distrobuilder/build_cache.h"
#include "distrobuilder/command.h"
#include "distrobuilder/sandbox.h"
#include "distrobuilder/sandbox_tree.h"
#include "distrobuilder/worker.h"
#include "host/own_ids.h"
#include "store/image_store.h"
#include "sys/file.h"
#include "sys/pty.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

// Looking at what a failing build left behind.
namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

void require_terminal() {
    const bool there =
        sys::is_terminal(FdRef(STDIN_FILENO)) && sys::is_terminal(FdRef(STDOUT_FILENO));
    if (!there)
        throw Error("enter: there is no terminal for a shell on standard input and output; a "
                    "program can be named after the tree");
}

// Without following anything: what is above it may be closed to who called, and is the cache.
fs::path cache_of(const fs::path& tree) {
    const fs::path kept = tree.parent_path();
    if (kept.filename() == kFailedTrees && sys::exists(kept.parent_path()))
        return kept.parent_path();
    throw Error(fmt::format("{}: is not a tree that a build with --cleanup=false kept: these are "
                            "in the directory \"{}\" of its cache",
                            printable(tree.string()), kFailedTrees));
}

// "Permission denied" of some directory on the way would not say what is wrong with the tree.
void require_own(const fs::path& tree, const fs::path& cache) {
    if (::geteuid() == 0) return;
    const auto info = sys::stat_path(cache, false);
    if (!info || info->st_uid == ::geteuid()) return;
    const IdRange ids = own_ids_of(ImageStore::open(default_paths().cache).directory());
    if (info->st_uid >= ids.first && info->st_uid < ids.end()) return;
    throw Error(fmt::format("{}: belongs to another user (uid {}), and only they can enter it",
                            printable(tree.string()), info->st_uid));
}

int run_in_tree(const fs::path& tree, std::span<const std::string> program) {
    const auto there = sys::stat_path(tree, false);
    if (!there || !S_ISDIR(there->st_mode))
        throw Error(fmt::format("{}: there is no such tree", printable(tree.string())));
    const bool keeps = sys::RootedDir::open(tree).exists(kKept);
    const Sandbox sandbox({.root = tree, .env = build_environment({}), .log = {}, .keeps = keeps});
    return program.empty() ? sandbox.shell() : sandbox.run({program.begin(), program.end()});
}

} // namespace

int run_enter(const CommandOptions&, std::span<const std::string> words) {
    if (words.empty()) require_words(words, 1, 1, "enter TREE [PROGRAM [ARGUMENT...]]");
    fs::path tree = fs::absolute(words[0]).lexically_normal();
    if (!tree.has_filename()) tree = tree.parent_path();
    const fs::path cache = cache_of(tree);
    require_own(tree, cache);
    if (words.size() == 1) require_terminal();
    const auto work = [&](const BuildIdentity&) {
        const image::ImageCache in_use = open_build_cache(cache); // nobody prunes it meanwhile
        return run_in_tree(tree, words.subspan(1));
    };
    return run_in_build_namespace({.cache = cache, .target = {}, .read = {}}, {}, {work, [] {}});
}

} // namespace lxcpp::distro
