// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// The fingerprints of the primary keys in OpenPGP key material, binary or armored, also several blocks one after the
// other; upper-case hex. Private keys are refused. scratch: for gpg's home. Throws Error.
[[nodiscard]] std::vector<std::string> key_fingerprints(std::string_view keys, const std::filesystem::path& scratch);

} // namespace lxcpp::image
