// SPDX-License-Identifier: Apache-2.0
#include "image/tree_place.h"

#include "base/error.h"
#include "base/strings.h"

#include <cerrno>
#include <deque>
#include <fcntl.h>

namespace lxcpp::image {
namespace {

void put_before(std::deque<std::string>& parts, std::string_view path) {
    const auto more = split(path, '/');
    for (auto part = more.rbegin(); part != more.rend(); ++part)
        if (!part->empty() && *part != ".") parts.emplace_front(*part);
}

bool leads_to_a_directory(const sys::RootedDir& root, const std::string& link) {
    try {
        return root.try_open_at(link, O_PATH | O_DIRECTORY, 0, sys::Links::InRoot).has_value();
    } catch (const SystemError& error) {
        if (error.code() == ELOOP) return false;
        throw;
    }
}

std::string joined(const std::deque<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : "/") + part;
    return text;
}

} // namespace

TreePlace find_place(const sys::RootedDir& root, std::string_view directory) {
    TreePlace place;
    std::deque<std::string> parts;
    put_before(parts, directory);
    while (!parts.empty()) {
        if (parts.front() == "..") { // of a link
            place.path.resize(place.path.rfind('/') == std::string::npos ? 0 : place.path.rfind('/'));
            parts.pop_front();
            continue;
        }
        const std::string next = place.path.empty() ? parts.front() : place.path + "/" + parts.front();
        const auto info = root.stat(next);
        if (!info) break;
        parts.pop_front();
        if (S_ISLNK(info->st_mode) && leads_to_a_directory(root, next)) { // so this comes to an end
            const std::string target = root.read_link(next).value_or("");
            if (target.starts_with('/')) place.path.clear();
            put_before(parts, target);
            continue;
        }
        place.path = next;
        place.blocked = !S_ISDIR(info->st_mode);
        if (place.blocked) break;
    }
    place.missing = joined(parts);
    return place;
}

} // namespace lxcpp::image
