// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

namespace lxcpp::image {

// Takes some bytes, the next ones of a stream. Throws.
using ByteSink = std::function<void(std::string_view)>;

} // namespace lxcpp::image
