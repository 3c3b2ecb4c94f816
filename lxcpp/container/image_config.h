// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/text.h"
#include "container/image_words.h"
#include "store/image_content.h"
#include "store/image_record.h"

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// Whether an image may set this key of a container's configuration; whoever made the image, and whoever put it into
// the store.
[[nodiscard]] bool image_may_set(std::string_view key) noexcept;

struct ImageConfigWish {
    const ImageRecord& record;
    const ImageContent& content;
    ImageWords words;
    bool mapped = true; // the container has an id map
};

// Adds to a configuration what belongs to containers of this image: our files for its distribution, and those lines of
// the image that it may bring; what text says already stays. Returns what was left out, one line each.
[[nodiscard]] std::vector<std::string> add_image_config(ConfigText& text, const ImageConfigWish& wish);

} // namespace lxcpp
