// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/package_manager.h"
#include "distrobuilder/recipe.h"
#include "distrobuilder/recipe_filter.h"
#include "image/cache.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Root file systems that are being built, and the programs that run in them.
namespace lxcpp::distro {

// The mounted root of a build: read-only layers, the lowest first, with a writable one on top. Unmounted by its destructor.
class LayeredRoot {
public:
    // upper: the directory that takes what changes (a PendingTree's path); work: an empty directory beside it, on the
    // same file system. Without lowers the root is upper itself. Without upper it is read-only. at: an empty directory.
    LayeredRoot(const std::vector<std::filesystem::path>& lowers, const std::filesystem::path& upper,
                const std::filesystem::path& work, const std::filesystem::path& at);
    LayeredRoot(const LayeredRoot&) = delete;
    LayeredRoot& operator=(const LayeredRoot&) = delete;
    ~LayeredRoot();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
    std::filesystem::path work_; // nothing is left in it
    bool mounted_ = false;
};

// NAME=VALUE: distrobuilder's four (PATH, SHELL, TERM, DEBIAN_FRONTEND) unless environment.clear_defaults, then the
// recipe's own, which may replace them. recipe is resolved.
[[nodiscard]] std::vector<std::string> build_environment(const Recipe& recipe);

// Programs in a root file system, in one-shot containers: host name "distrobuilder", an empty /dev,
// /proc, a /sys of nothing of the host's, tmpfs on /run, /tmp and /dev/shm (or, of the first two,
// what the program before had there: keeps), the caller's network and an /etc/resolv.conf that can
// be unmounted; nothing on standard input; services are not started (policy-rc.d); whatever is left
// when the program ends is killed. They may mount, as recipes do. Nothing of that is in the tree
// afterwards; /dev is empty.
class Sandbox {
public:
    struct Options {
        std::filesystem::path root;
        std::vector<std::string> env;
        std::filesystem::path
            log; // gets what they print, appended; empty: our own standard output and error
        std::optional<std::chrono::steady_clock::time_point> deadline =
            {};             // of what runs; not of a shell
        bool keeps = false; // /run and /tmp are kept in the tree, for the next program, until
                            // remove_kept() (sandbox_tree.h)
    };
    explicit Sandbox(Options options) : options_(std::move(options)) {}

    // argv[0] is looked up in the tree by PATH of env when it has no '/'. Exit code, or 128 + signal. Throws Error
    // when there is no such program, or it could not be started.
    [[nodiscard]] int run(const Argv& argv) const;
    // A script by its "#!" line (blanks allowed after it), in a memfd: no file of it in the tree. Error when it has none or
    // its interpreter is not in the tree.
    [[nodiscard]] int run_script(std::string_view script, const std::vector<std::string>& arguments = {}) const;
    // What PROGRAM --help and the like print; standard error goes to the log.
    [[nodiscard]] std::string capture(const Argv& argv) const;
    // An interactive shell on our terminal (bash, else sh).
    [[nodiscard]] int shell() const;

private:
    Options options_;
};

} // namespace lxcpp::distro
