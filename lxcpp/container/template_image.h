// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp {

// The file or directory of this machine that the words of the oci template name ("oci:PATH[:NAME]", "dir:PATH", ...).
// It is made absolute in the words too: the template has another working directory. nullopt: they name none.
[[nodiscard]] std::optional<std::filesystem::path> local_image(std::vector<std::string>& words);

} // namespace lxcpp
