// SPDX-License-Identifier: Apache-2.0
#include "container/template_image.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace lxcpp {
namespace {

struct Transport {
    std::string_view prefix;
    bool named; // the path ends at a colon
};
constexpr std::array<Transport, 4> kLocal{{{"oci:", true}, {"oci-archive:", true}, {"docker-archive:", true}, {"dir:", false}}};

// Where in the word an image's name can begin: behind "--url=".
std::size_t begin_of_value(std::string_view word) {
    const auto equals = word.find('=');
    return word.starts_with("--") && equals != word.npos ? equals + 1 : 0;
}

std::optional<std::filesystem::path> local_image(std::string& word) {
    const std::size_t begin = begin_of_value(word);
    for (const auto& [prefix, named] : kLocal) {
        if (!std::string_view(word).substr(begin).starts_with(prefix)) continue;
        const std::size_t at = begin + prefix.size();
        const std::size_t end = named ? std::min(word.find(':', at), word.size()) : word.size();
        if (at == end) return std::nullopt;
        const auto path = std::filesystem::absolute(word.substr(at, end - at)).lexically_normal();
        if (path.native().find(':') == std::string::npos || !named) word.replace(at, end - at, path.native());
        return path;
    }
    return std::nullopt;
}

} // namespace

std::optional<std::filesystem::path> local_image(std::vector<std::string>& words) {
    std::optional<std::filesystem::path> found;
    for (std::string& word : words)
        if (auto path = local_image(word)) found = std::move(path);
    return found;
}

} // namespace lxcpp
