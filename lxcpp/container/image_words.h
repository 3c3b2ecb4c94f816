// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace lxcpp {

// What LXC_NAME, LXC_PATH, LXC_ROOTFS, LXC_TEMPLATE_CONFIG and LXC_HOOK_DIR stand for in what an image brings.
struct ImageWords {
    std::string name;
    std::filesystem::path container;
    std::filesystem::path rootfs;
    std::filesystem::path data; // Paths::data
};
[[nodiscard]] std::string replace_words(std::string_view text, const ImageWords& words);

} // namespace lxcpp
