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

// In the container's directory: the lines that an image brought, for whoever replaces it.
inline constexpr const char* kImageLines = "image.config";

struct ImageLines {
    ConfigText text;                // of the container
    std::string added;              // what of it came with the image
    std::vector<std::string> notes; // what was left out
};
// The configuration with the lines of this image in place of those of another one, of which old is what it added: those
// that somebody has changed since stay and count.
[[nodiscard]] ImageLines with_image_lines(const ConfigText& text, std::string_view old, const ImageConfigWish& wish);

// Adds to a configuration what belongs to containers of this image: our files for its distribution, and those lines of
// the image that it may bring; what text says already stays. Returns what was left out, one line each.
[[nodiscard]] std::vector<std::string> add_image_config(ConfigText& text, const ImageConfigWish& wish);

} // namespace lxcpp
