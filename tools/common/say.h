// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::tools {

// Text for the user on standard error, as it is. Nobody can be told that it could not be written, and a message that
// is lost must not change what the command does: a full disk behind it is no error.
template <typename... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    const std::string text = fmt::format(format, std::forward<Arguments>(arguments)...);
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

} // namespace lxcpp::tools
