// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lxcpp::image {

// Checks the frame of a clear-signed message (RFC 9580 section 7) before the verifier sees it: one
// block and nothing but blank lines around it, only Hash headers, every line that starts with '-'
// dash-escaped, no line longer than the verifier reads, no NUL or form feed. Differences in how
// programs read such input have hidden unsigned text before. Throws Error.
void check_cleartext_frame(std::string_view message);

// The text of such a message, whoever signed it: for what is believed without a signature. Throws Error as above.
[[nodiscard]] std::string unverified_cleartext(std::string_view message);

} // namespace lxcpp::image
