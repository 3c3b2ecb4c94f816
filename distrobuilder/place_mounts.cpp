// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/place_mounts.h"

#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cerrno>
#include <fmt/core.h>
#include <optional>
#include <sys/mount.h>
#include <sys/stat.h>

namespace lxcpp::distro {
namespace {

constexpr std::uint64_t kInert = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;

enum class Use { Read, Target, Sources, Cache };

struct Place {
    std::filesystem::path path; // without links
    Use use;
    Fd file;
};

std::optional<Place> resolved(const std::filesystem::path& path, Use use) {
    auto file = sys::try_open_file(path, {.access = sys::Access::Path});
    if (!file && use != Use::Read) throw SystemError("open " + path.string(), ENOENT);
    if (!file) return std::nullopt;
    const auto whole = sys::read_link(sys::fd_path(*file));
    if (!whole || *whole == "/") return std::nullopt; // all of the host is not shown
    return Place{*whole, use, std::move(*file)};
}

std::vector<Place> all_of(const BuildPlaces& places) {
    std::vector<Place> all;
    const auto add = [&all](const std::filesystem::path& path, Use use) {
        if (path.empty()) return;
        if (auto place = resolved(path, use)) all.push_back(std::move(*place));
    };
    for (const auto& path : places.read) add(path, Use::Read);
    add(places.target, Use::Target);
    add(places.sources, Use::Sources);
    add(places.cache, Use::Cache);
    // What is below another covers it there; of the same place, the one with more rights.
    std::ranges::stable_sort(all, {}, [](const Place& place) { return std::pair(std::ranges::distance(place.path), place.use); });
    return all;
}

[[noreturn]] void refuse(const Place& place) {
    throw Error(fmt::format("{}: its file system cannot show files with other ids (idmapped mounts), in which an image's files are written: "
                            "choose another {}", place.path.string(), place.use == Use::Cache ? "--cache-dir" : place.use == Use::Sources ? "--sources-dir" : "directory for the output"));
}

// False when the file system cannot. What is mounted below is as it is, unless all of it can.
bool show_ids(sys::MountTree& tree, FdRef user_namespace) {
    for (const bool all : {true, false}) {
        try {
            tree.idmap(user_namespace, all);
            return true;
        } catch (const SystemError& error) {
            if (!all && error.code() != EINVAL) throw;
        }
    }
    return false;
}

sys::MountTree clone(const Place& place, FdRef user_namespace) {
    // With what is mounted below, in which another place may be.
    sys::MountTree tree = sys::MountTree::clone_fd(place.file, true);
    if (!show_ids(tree, user_namespace) && place.use != Use::Read) refuse(place);
    switch (place.use) {
    case Use::Read: tree.set_attributes(kInert | MOUNT_ATTR_RDONLY, 0, true); break;
    case Use::Target:
    case Use::Sources: tree.set_attributes(kInert, 0, true); break;
    case Use::Cache: tree.set_attributes(MOUNT_ATTR_NODEV, 0, true); break; // programs run in its trees
    }
    return tree;
}

bool closed(const std::filesystem::path& directory) {
    try {
        (void)sys::try_open_file(directory / ".", {.access = sys::Access::Path, .directory = true});
        return false;
    } catch (const SystemError& error) {
        if (error.code() == EACCES) return true;
        throw;
    }
}

// The first directory above path that is closed to us.
std::optional<std::filesystem::path> closed_above(const std::filesystem::path& path) {
    std::filesystem::path above;
    for (const auto& name : path.parent_path()) {
        above /= name;
        if (closed(above)) return above;
    }
    return std::nullopt;
}

void open_way(const PlaceMount& mount) {
    const auto above = closed_above(mount.path);
    if (!above) return;
    sys::MountTree::create("tmpfs", "lxcpp-build", {"mode=0755", "size=64k"}, kInert).attach(*above);
}

void make_mount_point(const PlaceMount& mount) {
    if (sys::exists(mount.path)) return;
    sys::make_dirs(mount.directory ? mount.path : mount.path.parent_path());
    if (!mount.directory) sys::write_file_atomic(mount.path, "");
}

} // namespace

std::vector<PlaceMount> clone_places(const BuildPlaces& places, FdRef user_namespace) {
    std::vector<PlaceMount> mounts;
    for (const Place& place : all_of(places)) {
        sys::MountTree tree = clone(place, user_namespace);
        const bool directory = S_ISDIR(sys::stat_fd(tree.fd()).st_mode);
        mounts.push_back({place.path, directory, std::move(tree)});
    }
    return mounts;
}

void attach_place(const PlaceMount& mount) {
    open_way(mount);
    make_mount_point(mount);
    mount.tree.attach(mount.path);
}

} // namespace lxcpp::distro
