// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/rooted_dir.h"

#include <optional>
#include <string>
#include <string_view>

// What a sandbox looks for in its tree, and what it changes there for the time of a run.
namespace lxcpp::distro {

// argv[0] as an absolute path inside, looked up by path (PATH of the environment) when it has no '/'. Throws Error when
// there is no such program.
[[nodiscard]] std::string find_program(const sys::RootedDir& root, const std::string& name, std::string_view path);
[[nodiscard]] bool is_program(const sys::RootedDir& root, std::string_view path);

// The interpreter that the first line of a script names. Throws Error when it names none.
[[nodiscard]] std::string interpreter_of(std::string_view script);

// Where programs that follow each other have /tmp and /run ("tmp", "run"), as they have in
// distrobuilder: in a layer of the tree, so that a build that begins after a step has what that
// step left there.
inline constexpr auto kKept = ".lxcpp-build";
// Makes what is not there as it must be; what stands in its place goes.
void make_kept(const sys::RootedDir& root);
void remove_kept(const sys::RootedDir& root);

// While it lives packages start no services: policy-rc.d says no, where there is a place for it and
// none of the tree's own. At its end that is gone and /dev is empty, whatever was in it.
class TreeForRun {
public:
    explicit TreeForRun(const sys::RootedDir& root);
    TreeForRun(const TreeForRun&) = delete;
    TreeForRun& operator=(const TreeForRun&) = delete;
    ~TreeForRun(); // without finish(): logs what fails
    void finish();

private:
    void clean() const;

    const sys::RootedDir& root_;
    bool policy_ = false;
    bool finished_ = false;
};

} // namespace lxcpp::distro
