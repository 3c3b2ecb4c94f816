// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/hidden_output.h"

#include "base/log.h"
#include "distrobuilder/publication.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <chrono>
#include <string>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kHidden = ".lxcpp-output-";
constexpr auto kNoWait = std::chrono::milliseconds(0);

} // namespace

bool is_hidden_output(std::string_view name) noexcept { return name.starts_with(kHidden); }

// Nobody holds the lock of what was left.
void remove_left_outputs(const std::filesystem::path& target) {
    if (!sys::exists(target)) return;
    const auto root = sys::RootedDir::open(target);
    for (const std::string& name : sys::list_dir(target)) {
        if (!is_hidden_output(name)) continue;
        try {
            const auto lock = sys::FileLock::acquire_directory(target / name, kNoWait);
            if (lock && finish_publication(target, name)) root.remove_tree(name);
        } catch (const Error& error) {
            log::debug("{}", error.what()); // somebody else's; it is in nobody's way
        }
    }
}

// Another build's remove_left_outputs() may come between the making and the locking.
HiddenOutput make_hidden_output(const std::filesystem::path& target) {
    remove_left_outputs(target);
    for (;;) {
        sys::TempDir directory(target, kHidden);
        if (auto lock = sys::FileLock::acquire_directory(directory.path(), kNoWait); lock && sys::exists(directory.path()))
            return {std::move(directory), std::move(*lock)};
    }
}

} // namespace lxcpp::distro
