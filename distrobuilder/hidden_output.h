// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/lock.h"
#include "sys/temp_dir.h"

#include <filesystem>
#include <string_view>

namespace lxcpp::distro {

// A directory in the target of a build, in which is made what appears there at the end. Goes with this object.
struct HiddenOutput {
    sys::TempDir directory;
    sys::FileLock lock; // it is at work
};
// Takes away what builds that were killed have left in the target; what they had begun to put into
// its place goes there first.
[[nodiscard]] HiddenOutput make_hidden_output(const std::filesystem::path& target);
// The same alone. No error when the target is not there.
void remove_left_outputs(const std::filesystem::path& target);
[[nodiscard]] bool is_hidden_output(std::string_view name) noexcept;

} // namespace lxcpp::distro
