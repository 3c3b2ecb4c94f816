// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/image_content.h"
#include "store/image_record.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// The small files that come with a root file system, by their path in the archive. A stranger wrote them.
class MetadataFiles {
public:
    // Throws Error when it is more than metadata can be: 1 MiB a file, 16 MiB and 4096 files in all.
    void add(const std::string& path, std::string content);

    [[nodiscard]] const std::string* find(std::string_view path) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return files_.empty(); }

private:
    std::map<std::string, std::string, std::less<>> files_;
    std::size_t bytes_ = 0;
};

inline constexpr std::size_t kMetadataFile = 1u << 20;  // most bytes of one of them
inline constexpr std::size_t kMetadataArchive = 16u << 20;

// The regular files of a metadata archive (tar, compressed or not).
[[nodiscard]] MetadataFiles read_metadata_archive(std::string_view bytes, const std::string& name);

// What those files say of an image.
struct ImageDescription {
    ImageRecord record; // what it is; fingerprint, trees and where it is from are for others
    ImageContent content;
    std::vector<std::string> excludes; // of the root file system, patterns as in UnpackOptions
    std::vector<std::string> notes;    // what was in there and is not done, for the user
};

// metadata.yaml and templates/ as Incus and LXD have them. Throws Error beginning with name.
void read_incus_metadata(const MetadataFiles& files, std::string_view name, ImageDescription& description);
// config, config-user, create-message, templates, excludes, expiry as LXC's download template has them.
void read_lxc_metadata(const MetadataFiles& files, std::string_view name, ImageDescription& description);
// Whichever of the two are there; Error when neither is.
[[nodiscard]] ImageDescription describe_image(const MetadataFiles& files, const std::string& name);

} // namespace lxcpp::image
