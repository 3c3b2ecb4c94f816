// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/offer.h"

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// meta/1.0/index-system and index-user of the servers that LXC's download template reads: lines
// "dist;release;arch;variant;build;path". Files have no size and no digest there. name begins
// errors. Throws Error "NAME: line 3: ...".
[[nodiscard]] std::vector<Offer> parse_classic_index(std::string_view text, std::string_view name);

// Where to look, in that order: "meta/1.0/index-user.7", "meta/1.0/index-user".
[[nodiscard]] std::vector<std::string> classic_index_paths(bool unprivileged);

} // namespace lxcpp::image
