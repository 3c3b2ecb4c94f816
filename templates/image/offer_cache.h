// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"
#include "image/offer.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// What was made of a document of offers, beside the document (<cache>/indexes): to read it again takes a tenth of the time.
// It is found by the digest of the text that was believed, whatever that is signed by, and as little trusted.
class OfferCache {
public:
    explicit OfferCache(const ImageCache& cache) : directory_(cache.directory() / "indexes") {}

    // nullopt when there are none of exactly that text, or by another version of this program, or damaged ones.
    [[nodiscard]] std::optional<std::vector<Offer>> find(std::string_view url, std::string_view text) const;
    void keep(std::string_view url, std::string_view text, std::span<const Offer> offers) const; // in place of older ones

private:
    [[nodiscard]] std::filesystem::path place(std::string_view url) const;

    std::filesystem::path directory_;
};

} // namespace lxcpp::image
