// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::image {

// RFC 4648, the alphabet with + and /, padded.
[[nodiscard]] std::string encode_base64(std::string_view bytes);
// nullopt for what encode_base64() would not have written.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

} // namespace lxcpp::image
