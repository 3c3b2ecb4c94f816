// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace lxcpp {

// A template's words as they may be written down: "***" for the values of options that are secret in one of our
// templates or in others', and for user and password in a URL.
[[nodiscard]] std::vector<std::string> without_secrets(std::vector<std::string> words);

} // namespace lxcpp
