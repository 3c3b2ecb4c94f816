// SPDX-License-Identifier: Apache-2.0
#include "config/overlay_root.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>

namespace lxcpp {
namespace {

constexpr std::string_view kForm = "overlay:LOWER[:LOWER...]:UPPER of absolute paths without ':'";

[[noreturn]] void refuse(std::string_view part, std::string_view why) {
    throw Error(fmt::format("\"{}\" {}, expected {}", printable(part), why, kForm));
}

std::string checked_path(std::string_view part) {
    if (!part.starts_with('/')) refuse(part, "is not an absolute path");
    std::string path;
    for (const auto name : split(part, '/')) {
        if (name == "..") refuse(part, "has \"..\" in it");
        if (!name.empty() && name != ".") path.append("/").append(name);
    }
    if (path.empty()) refuse(part, "is the host's root");
    return path;
}

// overlayfs refuses this itself, but does not say which.
void refuse_nested(const std::string& a, const std::string& b) {
    if (a == b) throw Error(fmt::format("{} is named twice: the layers of an overlay are different directories", printable(a)));
    if (!a.starts_with(b + '/')) return;
    throw Error(fmt::format("{} lies in {}: the layers of an overlay must not contain each other", printable(a), printable(b)));
}

} // namespace

OverlayRoot parse_overlay_root(std::string_view text) {
    const auto parts = split(text, ':');
    if (parts.size() < 2) refuse(text, "has no UPPER");
    if (parts.size() > kMostLowers + 1) throw Error(fmt::format("more than {} lower directories", kMostLowers));
    std::vector<std::string> paths;
    for (const auto part : parts) paths.push_back(checked_path(part));
    for (std::size_t i = 0; i < paths.size(); ++i) {
        for (std::size_t j = 0; j < paths.size(); ++j) {
            if (i != j) refuse_nested(paths[i], paths[j]);
        }
    }
    OverlayRoot root{std::move(paths), {}};
    root.upper = std::move(root.lowers.back());
    root.lowers.pop_back();
    if (root.upper.ends_with("/" + std::string(kOverlayWork))) refuse(root.upper, "has the name of overlayfs' own directory");
    return root;
}

std::optional<OverlayRoot> overlay_root(const Rootfs& rootfs) {
    if (rootfs.type != kOverlayType || rootfs.path.empty()) return std::nullopt;
    return parse_overlay_root(rootfs.path);
}

std::string format_overlay_root(const OverlayRoot& root) {
    return join(root.lowers, ":") + ':' + root.upper;
}

bool is_directory_root(const Rootfs& rootfs) noexcept {
    return rootfs.type.empty() || rootfs.type == "dir" || rootfs.type == "btrfs";
}

std::string own_root_directory(const Rootfs& rootfs) {
    const auto overlay = overlay_root(rootfs);
    return overlay ? overlay->upper : rootfs.path;
}

} // namespace lxcpp
