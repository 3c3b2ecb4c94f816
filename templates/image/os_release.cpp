// SPDX-License-Identifier: Apache-2.0
#include "image/os_release.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <array>
#include <optional>
#include <string_view>

namespace lxcpp::image {
namespace {

constexpr std::size_t kLargest = 1u << 20;
constexpr std::array<std::string_view, 2> kPlaces{"etc/os-release", "usr/lib/os-release"};

// One that cannot be read says nothing: a root file system may have anything in that place.
std::optional<std::string> read_text(const sys::RootedDir& root, std::string_view path) {
    try {
        return root.read_file(path, kLargest, sys::Links::InRoot);
    } catch (const Error&) {
        return std::nullopt;
    }
}

// KEY=value, perhaps in quotes; the last one counts, as for a shell.
std::string value_of(std::string_view text, std::string_view key) {
    std::string found;
    for (const auto line : split_lines(text)) {
        if (!line.starts_with(key) || line.substr(key.size(), 1) != "=") continue;
        auto value = trim(line.substr(key.size() + 1));
        const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                            value.back() == value.front();
        found = quoted ? value.substr(1, value.size() - 2) : value;
    }
    return found;
}

} // namespace

OsRelease read_os_release(const sys::RootedDir& root) {
    for (const auto place : kPlaces) {
        const auto text = read_text(root, place);
        if (!text) continue;
        OsRelease os{.id = value_of(*text, "ID"),
                     .version = value_of(*text, "VERSION_ID"),
                     .release = value_of(*text, "VERSION_CODENAME"),
                     .name = value_of(*text, "PRETTY_NAME")};
        if (os.release.empty()) os.release = os.version;
        return os;
    }
    return {};
}

} // namespace lxcpp::image
