// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"
#include "image/progress.h"
#include "store/image_store.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// Compares images of the store with what they were when they came: their records, their trees' sums.
class ImageCheck {
public:
    ImageCheck(const ImageStore& store, const ImageCache& trees, ProgressSink& progress) : store_(store), trees_(trees), progress_(progress) {}

    // What is wrong with an image, one line each; empty = nothing. A tree is read once, however many images have it.
    [[nodiscard]] std::vector<std::string> problems(const std::string& fingerprint);
    // What is wrong with the store beside its images: aliases that mean none.
    [[nodiscard]] std::vector<std::string> store_problems() const;
    // What interrupted commands left, one line each: no harm is in it.
    [[nodiscard]] std::vector<std::string> leftovers() const;

    // What is wrong with one tree; empty: nothing.
    [[nodiscard]] std::string tree_problem(const std::string& tree);

private:
    [[nodiscard]] bool is_there(const std::string& fingerprint) const;
    [[nodiscard]] std::vector<std::string> look_at(const std::string& fingerprint);
    [[nodiscard]] std::vector<CacheEntry> entries() const;

    const ImageStore& store_;
    const ImageCache& trees_;
    ProgressSink& progress_;
    std::map<std::string, std::string, std::less<>> seen_; // what was found out of a tree
};

} // namespace lxcpp::image
