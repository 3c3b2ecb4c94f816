// SPDX-License-Identifier: Apache-2.0
#include "store/image_store.h"

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "store/tree_lock.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/rooted_dir.h"
#include "sys/temp_dir.h"

#include <algorithm>
#include <cerrno>
#include <fmt/core.h>

namespace lxcpp {
namespace {

constexpr auto kImages = "images";
constexpr auto kTrees = "trees";
constexpr auto kAliases = "aliases";
constexpr auto kRecord = "record";
constexpr auto kContent = "content";
constexpr std::size_t kShortestPrefix = 6;
constexpr std::size_t kMostRecord = 1u << 20;
constexpr std::size_t kMostContent = 17u << 20;

void check_fingerprint(std::string_view text) {
    if (!is_fingerprint(text)) throw Error("\"" + printable(text) + "\" is no fingerprint: 64 hex digits in lower case");
}

std::string image_path(std::string_view fingerprint) {
    check_fingerprint(fingerprint);
    return fmt::format("{}/{}", kImages, fingerprint);
}

std::string alias_path(std::string_view alias) {
    if (!is_image_alias(alias)) {
        throw Error("\"" + printable(alias) + "\" cannot be an alias: 1 to 128 of [A-Za-z0-9._:@+/-], first a letter or digit, no \"..\"");
    }
    std::string leaf(alias);
    std::ranges::replace(leaf, '/', ',');
    return fmt::format("{}/{}", kAliases, leaf);
}

std::optional<ImageRecord> read_record(const sys::RootedDir& root, std::string_view fingerprint) {
    const std::string path = fmt::format("{}/{}", image_path(fingerprint), kRecord);
    const auto text = root.read_file(path, kMostRecord);
    if (!text) return std::nullopt;
    ImageRecord record = parse_image_record(*text, root.name() + '/' + path);
    if (record.fingerprint != fingerprint) throw Error(root.name() + '/' + path + ": is of another image");
    return record;
}

// By name; what is none, or holds no fingerprint, has none here.
std::map<std::string, std::string> read_aliases(const sys::RootedDir& root) {
    std::map<std::string, std::string> found;
    for (const sys::DirEntry& entry : root.list(kAliases)) {
        if (entry.name.starts_with('.')) continue; // being written
        const std::string path = fmt::format("{}/{}", kAliases, entry.name);
        std::string alias = entry.name;
        std::ranges::replace(alias, ',', '/');
        const auto info = root.stat(path);
        if (!info) continue; // just removed
        const auto text = S_ISREG(info->st_mode) && info->st_size <= static_cast<off_t>(kMostRecord) ? root.read_file(path, kMostRecord) : std::string();
        if (!text) continue;
        const bool sound = is_image_alias(alias) && is_fingerprint(trim(*text));
        found.emplace(std::move(alias), sound ? trim(*text) : std::string_view());
    }
    return found;
}

// False when something is there by now.
bool appears(const sys::RootedDir& root, const std::string& fresh, const std::string& place) {
    try {
        root.rename(fresh, place, false);
        return true;
    } catch (const SystemError& error) {
        if (error.code() != EEXIST) throw;
        return false;
    }
}

// The fingerprints of what is there, sorted.
std::vector<std::string> stored_fingerprints(const sys::RootedDir& root) {
    std::vector<std::string> found;
    for (const sys::DirEntry& entry : root.list(kImages)) {
        if (is_fingerprint(entry.name)) found.push_back(entry.name);
    }
    std::ranges::sort(found);
    return found;
}

} // namespace

std::optional<ImageStore> ImageStore::open_existing(const std::filesystem::path& cache) {
    const std::filesystem::path directory = cache / "images";
    if (!sys::stat_path(directory / kImages)) return std::nullopt; // an error when we may not look
    sys::make_private_dirs(directory); // refuses one that others may write
    return ImageStore(directory);
}

ImageStore ImageStore::open(const std::filesystem::path& cache) {
    const std::filesystem::path directory = cache / "images";
    for (const auto& path : {directory, directory / kTrees, directory / "locks", directory / kAliases, directory / kImages}) {
        sys::make_private_dirs(path);
    }
    return ImageStore(directory);
}

std::filesystem::path ImageStore::tree_path(std::string_view name) const {
    check_fingerprint(name);
    return directory_ / kTrees / name;
}

std::optional<ImageRecord> ImageStore::find(std::string_view fingerprint) const {
    return read_record(sys::RootedDir::open(directory_), fingerprint);
}

std::optional<ImageRecord> ImageStore::find_whole(std::string_view fingerprint) const {
    try {
        auto record = find(fingerprint);
        if (record) (void)content(fingerprint);
        return record;
    } catch (const SystemError&) {
        throw;
    } catch (const Error& error) {
        log::debug("{}", error.what());
        return std::nullopt;
    }
}

ImageContent ImageStore::content(std::string_view fingerprint) const {
    const auto root = sys::RootedDir::open(directory_);
    const std::string path = fmt::format("{}/{}", image_path(fingerprint), kContent);
    const auto text = root.read_file(path, kMostContent);
    if (!text) throw Error(root.name() + '/' + path + ": does not exist");
    return parse_image_content(*text, root.name() + '/' + path);
}

std::optional<ImageRecord> ImageStore::resolve(std::string_view name) const {
    const auto root = sys::RootedDir::open(directory_);
    if (is_image_alias(name)) {
        if (const auto text = root.read_file(alias_path(name), kMostRecord)) return read_record(root, trim(*text));
    }
    if (is_fingerprint(name)) return read_record(root, name);
    if (name.size() < kShortestPrefix) return std::nullopt;
    std::optional<std::string> match;
    for (const std::string& fingerprint : stored_fingerprints(root)) {
        if (!fingerprint.starts_with(name)) continue;
        if (match) throw Error(fmt::format("{}: two images begin so, {} and {}: give more digits", name, *match, fingerprint));
        match = fingerprint;
    }
    return match ? read_record(root, *match) : std::nullopt;
}

std::vector<std::string> ImageStore::fingerprints() const { return stored_fingerprints(sys::RootedDir::open(directory_)); }

std::vector<StoredImage> ImageStore::list(std::vector<std::string>* problems) const {
    const auto root = sys::RootedDir::open(directory_);
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& [alias, fingerprint] : aliases()) names[fingerprint].push_back(alias);
    std::vector<StoredImage> images;
    for (const std::string& fingerprint : stored_fingerprints(root)) {
        try {
            auto record = read_record(root, fingerprint);
            if (record) images.push_back({std::move(*record), std::move(names[fingerprint])});
        } catch (const Error& error) {
            if (problems == nullptr) throw;
            problems->emplace_back(error.what());
        }
    }
    std::ranges::stable_sort(images, std::greater{}, [](const StoredImage& one) { return one.record.added; });
    return images;
}

void ImageStore::add(const ImageRecord& record, const ImageContent& content) const {
    const auto root = sys::RootedDir::open(directory_);
    (void)parse_image_record(format_image_record(record), "the image's record"); // only what can be read again
    for (const std::string& tree : record.trees) {
        if (!root.exists(fmt::format("{}/{}", kTrees, tree))) throw Error("the image's tree " + tree + " is not in the store");
    }
    const std::string place = image_path(record.fingerprint);
    const sys::TempDir hidden(directory_ / kImages, ".new-");
    const std::string fresh = fmt::format("{}/{}", kImages, hidden.path().filename().string());
    root.write_file(fmt::format("{}/{}", fresh, kContent), format_image_content(content), 0600);
    root.write_file(fmt::format("{}/{}", fresh, kRecord), format_image_record(record), 0600);
    if (root.exists(place) || !appears(root, fresh, place)) {
        // The same image again: its two files are replaced one by one, each of them whole.
        root.rename(fmt::format("{}/{}", fresh, kContent), fmt::format("{}/{}", place, kContent));
        root.rename(fmt::format("{}/{}", fresh, kRecord), fmt::format("{}/{}", place, kRecord));
    }
    sys::fsync_dir(directory_ / kImages);
}

void ImageStore::remove(std::string_view fingerprint) const {
    const auto root = sys::RootedDir::open(directory_);
    for (const auto& [alias, meant] : aliases()) {
        if (meant == fingerprint) root.remove(alias_path(alias));
    }
    const std::string place = image_path(fingerprint);
    const std::string gone = fmt::format("{}/.{}.gone", kImages, fingerprint); // at once, and then its files
    root.remove_tree(gone);
    if (root.exists(place)) root.rename(place, gone);
    sys::fsync_dir(directory_ / kImages);
    root.remove_tree(gone);
}

void ImageStore::set_alias(std::string_view alias, std::string_view fingerprint) const {
    const std::string path = alias_path(alias);
    if (!find(fingerprint)) throw Error("there is no image " + std::string(fingerprint));
    sys::RootedDir::open(directory_).write_file(path, std::string(fingerprint) + '\n', 0600);
}

bool ImageStore::remove_alias(std::string_view alias) const {
    if (!has_alias(alias)) return false;
    sys::RootedDir::open(directory_).remove(alias_path(alias));
    return true;
}

bool ImageStore::has_alias(std::string_view alias) const { return sys::RootedDir::open(directory_).exists(alias_path(alias)); }

std::map<std::string, std::string> ImageStore::aliases() const {
    std::map<std::string, std::string> found;
    for (auto& [alias, fingerprint] : read_aliases(sys::RootedDir::open(directory_))) {
        if (!fingerprint.empty()) found.emplace(alias, fingerprint);
    }
    return found;
}

std::vector<std::string> ImageStore::damaged_aliases() const {
    std::vector<std::string> found;
    for (auto& [alias, fingerprint] : read_aliases(sys::RootedDir::open(directory_))) {
        if (fingerprint.empty()) found.push_back(alias);
    }
    return found;
}

Fd ImageStore::hold_tree(std::string_view name) const {
    const auto path = tree_path(name);
    Fd held = open_tree_lock(directory_, name, sys::LockKind::Shared);
    if (!sys::try_lock_file(held, sys::LockKind::Shared, path.string())) {
        throw Error("its tree " + short_fingerprint(name) + " is being removed or made anew: try again");
    }
    if (!sys::exists(path)) {
        throw Error("its tree " + short_fingerprint(name) + " is gone: pull or import the image again, which makes it anew");
    }
    return held;
}

void ImageStore::touch(std::string_view fingerprint) const {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    try {
        sys::RootedDir::open(directory_).set_times(fmt::format("{}/{}", image_path(fingerprint), kRecord), now);
    } catch (const SystemError& error) {
        if (error.code() != EROFS) throw; // nobody will prune such a store by it
    }
}

std::time_t ImageStore::last_use(std::string_view fingerprint) const {
    const auto info = sys::RootedDir::open(directory_).stat(fmt::format("{}/{}", image_path(fingerprint), kRecord));
    return info ? info->st_mtim.tv_sec : 0;
}

} // namespace lxcpp
