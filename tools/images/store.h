// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "images/verb.h"

#include "base/paths.h"
#include "image/cache.h"
#include "image/progress.h"
#include "store/image_store.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::tools::images {

// The store of images, open for changes. What killed commands left goes first, when nobody else is at work.
struct OpenStore {
    ImageStore store;
    image::ImageCache trees;
};
[[nodiscard]] OpenStore open_store(); // made when there is none
// For what reads or changes trees. Their files belong to many ids: this process, which has one thread yet, enters the
// namespace in which a user who is not root has those. open_store() does it too; once in a process.
void reach_trees();

// By alias, fingerprint or the beginning of one. Throws Error "there is no image NAME ...".
[[nodiscard]] ImageRecord require_image(const ImageStore& store, std::string_view name);
struct MeantImage {
    std::string fingerprint;
    std::optional<ImageRecord> record; // none: it is damaged
};
// The same, but one whose record is damaged is found by its alias or its whole fingerprint.
[[nodiscard]] MeantImage meant_image(const ImageStore& store, const std::string& word);
// Those of the words, each once; all when all is wanted. Throws Error when neither is given.
[[nodiscard]] std::vector<ImageRecord> chosen_images(const ImageStore& store, std::span<const std::string> names, bool all);

// --alias, and what says what an image is (-d, -r, --variant, -a, --description) in place of what it says itself.
void add_alias_option(Cli& cli, Options& options);
void add_naming_options(Cli& cli, Options& options);
[[nodiscard]] ImageRecord named_record(const Options& options); // of these alone; throws Error for an unknown architecture

void check_aliases(std::span<const std::string> aliases); // of the command line; throws Error

// Sets them; says which of them meant another image before.
void give_aliases(const Cli& cli, const ImageStore& store, const ImageRecord& record, std::span<const std::string> aliases);

// "debian/12/cloud", or what else is known of it.
[[nodiscard]] std::string image_title(const ImageRecord& record);
// "debian/12 (0123456789ab)".
[[nodiscard]] std::string image_label(const ImageRecord& record);

// Before work that takes long: says so when the file system of the directory has less room than is needed at least.
void warn_of_room(image::ProgressSink& progress, const std::filesystem::path& directory, std::uint64_t needed, std::string_view what);

[[nodiscard]] std::unique_ptr<image::ProgressSink> progress_of(const Cli& cli);
[[nodiscard]] std::string size_text(std::uint64_t bytes);
[[nodiscard]] std::string day_text(std::time_t time); // "-" for 0

} // namespace lxcpp::tools::images
