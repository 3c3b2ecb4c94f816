// SPDX-License-Identifier: Apache-2.0
#include "image/oci_layer_writer.h"

#include "base/strings.h"
#include "image/tree_place.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <sys/stat.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kReserved = ".wh..wh.";
constexpr std::size_t kMostPlaces = 1000;

[[noreturn]] void refuse(std::string_view path, std::string_view why) {
    throw Error(fmt::format("unpack '{}': {}", printable(path), why));
}

std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
    const auto slash = path.rfind('/');
    if (slash == path.npos) return {"", path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

std::string child_of(std::string_view directory, std::string_view name) {
    std::string path(directory);
    if (!path.empty()) path += '/';
    return path += name;
}

// Some builders write names from the root on: the root is the image's.
std::string_view without_root(std::string_view path) {
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    return path;
}

mode_t type_of(TarType type) {
    switch (type) {
    case TarType::File:
    case TarType::HardLink: return S_IFREG;
    case TarType::Symlink: return S_IFLNK;
    case TarType::Directory: return S_IFDIR;
    case TarType::Fifo: return S_IFIFO;
    case TarType::CharDevice:
    case TarType::BlockDevice: break;
    }
    return 0;
}

} // namespace

OciLayerWriter::OciLayerWriter(const sys::RootedDir& root, bool on_top)
    : root_(root), on_top_(on_top), writer_(root, {.parents = sys::Links::InRoot, .link_symlinks = true}), links_(root) {}

void OciLayerWriter::write(const TarEntry& entry, MemberReader& reader) {
    const std::string path = normal_path(without_root(entry.path));
    const auto [directory, leaf] = split_path(path);
    if (directory.starts_with(kWhiteout) || directory.find("/.wh.") != directory.npos)
        refuse(path, "below a name that says what is removed");
    if (leaf.starts_with(kWhiteout)) return white_out(directory, leaf, entry);
    const bool device = entry.type == TarType::CharDevice || entry.type == TarType::BlockDevice; // is not made
    if (!on_top_ || device) return write_member(path, entry, reader);
    const std::string place = child_of(place_of(directory), leaf);
    make_way(place, entry);
    remember(place);
    write_member(place, entry, reader);
}

void OciLayerWriter::write_member(std::string_view path, const TarEntry& entry, MemberReader& reader) {
    if (entry.type != TarType::HardLink) return writer_.write_as(path, entry, reader);
    TarEntry relative = entry;
    relative.link = without_root(entry.link);
    if (on_top_) return write_hard_link(path, relative, reader);
    writer_.write_as(path, relative, reader);
}

// The names that the file has below become names of the one that the layer has, too.
void OciLayerWriter::write_hard_link(std::string_view path, const TarEntry& entry, MemberReader& reader) {
    const std::string link = normal_path(entry.link);
    const auto [directory, leaf] = split_path(link);
    const std::string target = child_of(find_place(root_, directory).whole(), leaf);
    const auto others = written_.contains(target) ? std::vector<std::string>() : links_.others(target);
    note_time(split_path(target).first);
    writer_.write_as(path, entry, reader);
    for (const std::string& other : others) {
        if (written_.contains(other)) continue;
        note_time(split_path(other).first);
        root_.remove(other);
        root_.make_hard_link(target, other);
    }
}

void OciLayerWriter::white_out(std::string_view directory, std::string_view leaf, const TarEntry& entry) {
    if (entry.type != TarType::File) refuse(entry.path, "a name that says what is removed, and no file");
    const auto name = leaf.substr(kWhiteout.size());
    const bool opaque = leaf == kOpaque;
    if (name.empty() || name == "." || name == ".." || (!opaque && leaf.starts_with(kReserved)))
        refuse(entry.path, "says that something is removed, and not what");
    if (!on_top_) return;
    const TreePlace place = find_place(root_, directory);
    if (place.blocked || !place.missing.empty()) return; // nothing is there
    note_time(place.path);
    if (opaque) hide_children(root_.sub_dir(place.path), place.path);
    else hide(child_of(place.path, name));
    forget();
}

// Some directories may be gone.
void OciLayerWriter::forget() {
    writer_.forget_directories();
    places_.clear();
}

// Where the members of a directory go. What is in its way from below makes room, as it does where each layer has
// a directory of its own.
std::string OciLayerWriter::place_of(std::string_view directory) {
    std::string key(directory);
    if (const auto known = places_.find(key); known != places_.end()) return known->second;
    const TreePlace place = find_place(root_, directory);
    if (place.blocked) {
        if (written_.contains(place.path)) refuse(place.path, "the layer has it as something else already");
        remove_lower(place.path);
        forget();
    }
    note_time(place.path);
    if (places_.size() >= kMostPlaces) places_.clear();
    return places_.emplace(std::move(key), place.whole()).first->second;
}

// Takes away what is below at a path, except for what the layer brought already.
void OciLayerWriter::hide(std::string_view path) {
    const auto old = root_.stat(path);
    if (!old) return;
    if (!written_.contains(std::string(path))) return remove_lower(path);
    if (S_ISDIR(old->st_mode)) hide_children(root_.sub_dir(path), std::string(path));
}

void OciLayerWriter::hide_children(const sys::RootedDir& directory, const std::string& path) {
    for (const auto& entry : directory.list()) {
        const std::string child = child_of(path, entry.name);
        const auto info = directory.stat(entry.name);
        if (!info) continue;
        if (!written_.contains(child)) {
            if (S_ISDIR(info->st_mode)) directory.remove_tree(entry.name);
            else directory.remove(entry.name);
        } else if (S_ISDIR(info->st_mode)) {
            hide_children(directory.sub_dir(entry.name), child);
        }
    }
}

void OciLayerWriter::remove_lower(std::string_view path) {
    const auto [directory, leaf] = split_path(path);
    const auto where = root_.sub_dir(directory);
    const auto info = where.stat(leaf);
    if (info && S_ISDIR(info->st_mode)) where.remove_tree(leaf);
    else where.remove(leaf);
}

// Something of another type at the path goes, if it is from below. Within a layer that is how archives smuggle later
// members to where they do not belong.
void OciLayerWriter::make_way(std::string_view path, const TarEntry& entry) {
    if (path.empty()) return;
    const auto old = root_.stat(path);
    if (old && S_ISLNK(old->st_mode)) forget(); // it may lead elsewhere afterwards
    if (!old || (old->st_mode & S_IFMT) == type_of(entry.type)) return;
    if (written_.contains(std::string(path))) refuse(path, "the layer has it as something else already");
    remove_lower(path);
    if (!S_ISREG(old->st_mode)) forget();
}

// Before something in there changes.
void OciLayerWriter::note_time(std::string_view directory) {
    if (times_.contains(directory) || written_.contains(std::string(directory))) return;
    const auto info = root_.stat(directory);
    if (info && S_ISDIR(info->st_mode)) times_.emplace(directory, info->st_mtim);
}

void OciLayerWriter::finish() {
    for (const auto& [directory, time] : times_) {
        const auto info = root_.stat(directory);
        const bool same = info && info->st_mtim.tv_sec == time.tv_sec && info->st_mtim.tv_nsec == time.tv_nsec;
        if (info && S_ISDIR(info->st_mode) && !same) root_.set_times(directory, time);
    }
    writer_.finish(); // what the layer says itself counts
}

void OciLayerWriter::remember(std::string_view path) {
    while (!path.empty() && written_.emplace(path).second) path = split_path(path).first;
}

} // namespace lxcpp::image
