// SPDX-License-Identifier: Apache-2.0
#include "container/image_volumes.h"

#include "base/error.h"
#include "base/strings.h"

#include <algorithm>
#include <fcntl.h>
#include <fmt/core.h>
#include <ranges>

namespace lxcpp {
namespace {

// As fstab(5) writes it.
std::string escaped(std::string_view path) {
    std::string text;
    for (const char c : path) {
        if (c == ' ' || c == '\t' || c == '\\' || c == '\n' || c == '#') text += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
        else text += c;
    }
    return text;
}

} // namespace

bool is_volume_path(std::string_view path) noexcept {
    if (path.size() < 2 || path.front() != '/') return false;
    return std::ranges::none_of(split(path.substr(1), '/'), [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

void make_volume(const sys::RootedDir& container, const sys::RootedDir& root, std::size_t number, const std::string& path,
                 const CopyWish& copy, sys::SignalFd& signals) {
    const std::string place = fmt::format("{}/{}", kVolumes, number);
    if (!container.exists(kVolumes)) container.make_dir(kVolumes, 0755);
    container.make_dir(place, 0755);
    container.chown(place, copy.uid_shift, copy.gid_shift);
    const auto seed = root.try_open_at(path, O_PATH | O_DIRECTORY, 0, sys::Links::InRoot);
    if (!seed) return;
    CopyWish wish = copy;
    wish.uid_shift = wish.gid_shift = 0; // they are on disk already
    wish.quiet = true;                   // mostly small, often empty
    if (root.sub_dir(path, sys::Links::InRoot).list().empty()) {
        const auto info = root.sub_dir(path, sys::Links::InRoot).stat("");
        container.chown(place, info->st_uid, info->st_gid);
        container.chmod(place, info->st_mode & 07777);
        return;
    }
    sys::Child child = copy_tree(*seed, container.sub_dir(place).fd(), wish);
    wait_for_helper(child, signals, "copy the image's " + printable(path));
}

std::string volume_entry(const std::filesystem::path& container, std::size_t number, std::string_view path, bool idmapped) {
    return fmt::format("{}/{}/{} {} none bind,create=dir{} 0 0", escaped(container.string()), kVolumes, number, escaped(path.substr(1)),
                       idmapped ? ",idmap=container" : "");
}

std::vector<std::string> make_volumes(const sys::RootedDir& container, const sys::RootedDir& root,
                                      const std::vector<std::string>& paths, const std::vector<std::string>& entries,
                                      const VolumesWish& wish, sys::SignalFd& signals) {
    std::size_t count = 0;
    const auto name = [&count] { return fmt::format("{}/{}", kVolumes, count); };
    const auto entry = [&wish](std::size_t number, std::string_view path) { return volume_entry(wish.place, number, path, wish.idmapped); };
    while (container.exists(name())) ++count; // of an earlier image
    std::vector<std::string> further;
    for (const std::string& path : paths) {
        const auto numbers = std::views::iota(std::size_t{0}, count);
        if (std::ranges::any_of(numbers, [&](std::size_t number) { return std::ranges::find(entries, entry(number, path)) != entries.end(); })) continue;
        make_volume(container, root, count, path, wish.copy, signals);
        further.push_back(entry(count++, path));
    }
    return further;
}

} // namespace lxcpp
