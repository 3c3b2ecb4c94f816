// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// A template's words as they may be written down: "***" for the values of options that are secret in one of our
// templates or in others', and for user and password in a URL.
[[nodiscard]] std::vector<std::string> without_secrets(std::vector<std::string> words);

// Of a configuration, what stands before a template's words in the line of its head that has them.
inline constexpr std::string_view kTemplateWords = "# Parameters passed to the template:";
// A configuration in which that line, perhaps of an older version or of LXC, has them so.
[[nodiscard]] std::string without_secrets_in_head(std::string_view config);

} // namespace lxcpp
