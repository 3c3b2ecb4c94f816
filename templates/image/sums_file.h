// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace lxcpp::image {

// A SHA256SUMS file as sha256sum writes it: name -> digest. Comments and names with a '/' are left out. name begins
// errors. Throws Error "NAME: line 3: ..." for what is no such line, and for one name with two digests.
[[nodiscard]] std::map<std::string, std::string> parse_sums_file(std::string_view text, std::string_view name);

} // namespace lxcpp::image
