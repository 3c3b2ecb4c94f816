// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "store/image_content.h"
#include "store/image_record.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

struct StoredImage {
    ImageRecord record;
    std::vector<std::string> aliases; // sorted
};

// The images of this machine, in <cache>/images (0700):
//   trees/<name>               a read-only tree; names and locks are those of image::ImageCache, which makes them
//   images/<fingerprint>/      record and content (image_record.h, image_content.h)
//   aliases/<alias>            a file that holds a fingerprint; '/' in an alias is written as ','
// An image is there when its record is: that appears, by one rename, after all its trees were published.
// Everything throws Error or SystemError.
class ImageStore {
public:
    // Where it is. nullopt when there is none yet; nothing is made.
    [[nodiscard]] static std::optional<ImageStore> open_existing(const std::filesystem::path& cache);
    [[nodiscard]] static ImageStore open(const std::filesystem::path& cache); // makes it

    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
    [[nodiscard]] std::filesystem::path tree_path(std::string_view name) const;

    [[nodiscard]] std::optional<ImageRecord> find(std::string_view fingerprint) const;
    // nullopt also when it or its content cannot be read: whoever brings that image writes both anew.
    [[nodiscard]] std::optional<ImageRecord> find_whole(std::string_view fingerprint) const;
    [[nodiscard]] ImageContent content(std::string_view fingerprint) const;
    // By alias, fingerprint, or the first 6 digits or more of one; Error when two begin so.
    [[nodiscard]] std::optional<ImageRecord> resolve(std::string_view name) const;
    // The newest first. A record that cannot be read is an Error, or one line of problems.
    [[nodiscard]] std::vector<StoredImage> list(std::vector<std::string>* problems = nullptr) const;
    [[nodiscard]] std::vector<std::string> fingerprints() const; // of all, sorted

    // Adds or replaces; every tree must be there.
    void add(const ImageRecord& record, const ImageContent& content) const;
    // The record goes, and aliases that mean it; its trees are for who calls (ImageCache::remove_tree).
    void remove(std::string_view fingerprint) const;

    void set_alias(std::string_view alias, std::string_view fingerprint) const;
    bool remove_alias(std::string_view alias) const; // false when there was none
    [[nodiscard]] bool has_alias(std::string_view alias) const; // a damaged one too
    [[nodiscard]] std::map<std::string, std::string> aliases() const;
    [[nodiscard]] std::vector<std::string> damaged_aliases() const; // that say no fingerprint; aliases() has none of them

    // A tree stays as long as the descriptor is open: who uses it holds its lock shared, who takes it away exclusively.
    // Error when it is not there.
    [[nodiscard]] Fd hold_tree(std::string_view name) const;
    // Notes the use of an image: its record's time. Not where nothing can be written.
    void touch(std::string_view fingerprint) const;
    [[nodiscard]] std::time_t last_use(std::string_view fingerprint) const; // 0 = not there

private:
    explicit ImageStore(std::filesystem::path directory) : directory_(std::move(directory)) {}
    std::filesystem::path directory_;
};

} // namespace lxcpp
