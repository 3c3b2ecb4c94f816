// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/root_source.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

// dnf (or yum) of this machine, in a sandbox that has nothing of the machine but its programs, installs what the recipe names from
// the repositories that source.url describes. Throws Error when the machine has neither.
[[nodiscard]] std::unique_ptr<RootSource> open_rpmbootstrap_source(const SourceWork& work);
// The same with the programs of another root.
[[nodiscard]] std::unique_ptr<RootSource> open_rpmbootstrap_source_of(const SourceWork& work, const std::filesystem::path& host);

// The text of a .repo file whose packages are verified: by keys (paths in the sandbox) where there are any, whatever it says itself;
// else it must check signatures by keys that are had over https, or be https itself, unless skip. Throws Error naming the section.
[[nodiscard]] std::string verified_repositories(std::string_view text, const std::vector<std::string>& keys, bool skip);

} // namespace lxcpp::distro
