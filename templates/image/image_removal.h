// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"
#include "store/image_store.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// Taking images away. A create that runs meanwhile either holds a tree, which then stays, or finds it gone.
namespace lxcpp::image {

// The containers, for people, that cannot do without a tree. It is asked while nobody can begin to use that tree.
using TreeUsers = std::function<std::vector<std::string>(std::string_view tree)>;

// The image, its aliases, and its trees that no other image has. Returns how many bytes went. Throws StateError Busy
// "... is needed by web, db" or when a command works with it; nothing has changed then.
std::uint64_t remove_image(const ImageStore& store, const ImageCache& trees, const ImageRecord& record, const TreeUsers& users);

// What commands that were interrupted left: downloads, half trees, trees that no image names and no container needs.
// Throws StateError Busy while another command works with the store.
CachePruned remove_unnamed(const ImageStore& store, ImageCache& trees, const TreeUsers& users);

} // namespace lxcpp::image
