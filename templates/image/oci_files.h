// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_source.h"
#include "image/tar_reader.h"
#include "sys/rooted_dir.h"
#include "sys/temp_dir.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::image {

// The files of an image on this machine by their names: those below a directory, or those in a tar archive.
class OciFiles {
public:
    OciFiles() = default;
    OciFiles(const OciFiles&) = delete;
    OciFiles& operator=(const OciFiles&) = delete;
    virtual ~OciFiles() = default;

    // nullopt when there is none; links are followed within an archive and refused in a directory.
    [[nodiscard]] virtual std::optional<OciBlob> find(std::string_view name) const = 0;
    [[nodiscard]] virtual const std::string& label() const = 0; // for messages

    // Throws Error "LABEL: no file NAME".
    [[nodiscard]] OciBlob open(std::string_view name) const;
    [[nodiscard]] std::string read(std::string_view name, std::size_t limit) const;
};

// Where files are, and what messages call that.
struct OciPlace {
    std::filesystem::path path;
    std::string label;
};

// Throws Error.
[[nodiscard]] std::unique_ptr<OciFiles> open_oci_directory(const OciPlace& place);
// A compressed archive is unpacked into scratch first.
[[nodiscard]] std::unique_ptr<OciFiles> open_oci_archive(const OciPlace& place, const std::filesystem::path& scratch);

// All bytes of the blob in order, as a source for readers of streams.
[[nodiscard]] ByteSource blob_source(const OciBlob& blob);

} // namespace lxcpp::image
