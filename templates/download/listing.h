// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/offer.h"

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace lxcpp::download {

// The newest build of each product as a table; wanted's words that are not empty choose from them.
[[nodiscard]] std::string format_listing(std::span<const image::Offer> offers, const image::OfferRequest& wanted);

// Prints text and reads one line of the answer; nullopt when there is none any more.
using Ask = std::function<std::optional<std::string>(const std::string& text)>;

// Asks for the words that wanted lacks, each time with what there is; an empty answer to the architecture means native.
// Throws Error when the answers end.
[[nodiscard]] image::OfferRequest ask_for_missing(std::span<const image::Offer> offers, image::OfferRequest wanted,
                                                  const std::string& native, const Ask& ask);

} // namespace lxcpp::download
