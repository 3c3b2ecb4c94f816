// SPDX-License-Identifier: Apache-2.0
#include "container/image_words.h"

#include <array>
#include <utility>

namespace lxcpp {

std::string replace_words(std::string_view text, const ImageWords& words) {
    const std::array<std::pair<std::string_view, std::string>, 5> known{{
        {"LXC_NAME", words.name},
        {"LXC_PATH", words.container.string()},
        {"LXC_ROOTFS", words.rootfs.string()},
        {"LXC_TEMPLATE_CONFIG", (words.data / "config").string()},
        {"LXC_HOOK_DIR", (words.data / "hooks").string()},
    }};
    std::string done;
    while (!text.empty()) {
        const std::size_t at = std::min(text.find("LXC_"), text.size());
        done += text.substr(0, at);
        text.remove_prefix(at);
        if (text.empty()) break;
        std::string_view word = text.substr(0, 1); // no word of ours: goes on behind its first letter
        std::string_view meaning = word;
        for (const auto& [name, value] : known) {
            if (text.starts_with(name)) word = name, meaning = value;
        }
        done += meaning;
        text.remove_prefix(word.size());
    }
    return done;
}

} // namespace lxcpp
