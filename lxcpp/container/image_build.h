// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/text.h"
#include "container/image_create.h"
#include "container/image_words.h"
#include "storage/backend.h"
#include "sys/rooted_dir.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// The steps from an image to a container's root file system and configuration, for a new container and for one whose
// image is replaced.
class ImageBuild {
public:
    // directory: where the root is made. outside: the directory of --dir, or invalid.
    ImageBuild(const ImageCreate& create, const HeldImage& image, StorageKind kind, const std::filesystem::path& directory,
               FdRef outside, std::string suffix);

    // The root file system, with its name; and volumes for which none of the entries stands. Returns entries for those.
    [[nodiscard]] std::vector<std::string> make_root(const std::vector<std::string>& entries, sys::SignalFd& signals) const;
    [[nodiscard]] std::string root_name() const; // in directory
    // The configuration with what belongs to the image, in place of what an earlier one brought (old_lines), checked.
    struct Lines {
        std::string config;
        std::string of_image; // what of it a later replace may take away again
    };
    [[nodiscard]] Lines config(ConfigText base, std::string_view old_lines, const std::vector<std::string>& volumes) const;
    void tell_message() const;

private:
    void fill_root(sys::SignalFd& signals) const;
    [[nodiscard]] std::vector<std::string> volume_paths() const;
    void note(const std::string& text) const;

    const ImageCreate& create_;
    const HeldImage& image_;
    std::unique_ptr<StorageBackend> backend_;
    NewRoot root_;
    ImageWords words_;
};

} // namespace lxcpp
