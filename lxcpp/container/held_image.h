// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/paths.h"
#include "store/image_content.h"
#include "store/image_record.h"
#include "store/image_store.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// An image of the store that stays there, with its trees, as long as this lives.
struct HeldImage {
    ImageStore store;
    ImageRecord record;
    ImageContent content;
    std::vector<Fd> locks;                    // of its trees, shared
    std::vector<std::filesystem::path> trees; // the topmost first
};

// name: an alias, a fingerprint or the beginning of one. Throws Error that says how to get one where there is none,
// and for an image whose programs cannot run on this machine.
[[nodiscard]] HeldImage hold_image(const Paths& paths, std::string_view name);

// What an administrator who chose it should know; empty: nothing.
[[nodiscard]] std::string image_warning(const ImageRecord& record);

} // namespace lxcpp
