// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/offer.h"

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// Simplestreams, as the image servers of LXC, Incus and LXD speak it (format 1.0).
inline constexpr std::string_view kStreamsIndexPath = "streams/v1/index.json";

// The paths, below the server's root, of the products files that list images to download. name
// begins errors. Throws Error for what is no index or lists none.
[[nodiscard]] std::vector<std::string> parse_streams_index(std::string_view text, std::string name);

// What a products file offers: builds with a date, of files that we can use. Products without any
// are left out. Throws Error where a file that we could use is described wrongly.
[[nodiscard]] std::vector<Offer> parse_streams_products(std::string_view text, std::string name);

} // namespace lxcpp::image
