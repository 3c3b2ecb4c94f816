// SPDX-License-Identifier: Apache-2.0
#include "common/say.h"
#include "images/root_format.h"
#include "images/store.h"

#include "base/strings.h"
#include "image/image_export.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

// export: an image as files that Incus, LXD, LXC and import read.
namespace lxcpp::tools::images {
namespace {

constexpr std::uint64_t kBestRatio = 6; // of compression, of whole systems

void require_free(const std::filesystem::path& path) {
    if (sys::stat_path(path, false)) throw Error(path.string() + ": it is there already");
}

int export_files(const Cli& cli, const Options& options, std::span<const std::string> words) {
    if (words.size() != 2) throw Error("export: give IMAGE and DIRECTORY");
    const image::ExportOptions formats = root_formats(options);
    const auto [store, trees] = open_store();
    const ImageRecord record = require_image(store, words[0]);
    const std::filesystem::path directory = words[1];
    sys::make_dirs(directory);
    for (const std::string& name : image::exported_names(formats)) require_free(directory / name); // before the packing, which takes long
    const auto progress = progress_of(cli);
    warn_of_room(*progress, directory, record.size / kBestRatio, fmt::format("the image takes {} unpacked", size_text(record.size)));
    const sys::TempDir scratch(directory, ".export-"); // all of the files, or none
    const auto exported = image::export_image(store, record, scratch.path(), formats, *progress);
    for (const auto& file : exported.files) require_free(directory / file.name);
    for (const auto& file : exported.files) sys::rename_noreplace(scratch.path() / file.name, directory / file.name);
    sys::fsync_dir(directory);
    if (!cli.quiet()) {
        const char* root = !formats.squashfs ? "rootfs.tar.xz" : formats.tar ? "rootfs.tar.xz, rootfs.squashfs" : "rootfs.squashfs";
        say("{} as incus.tar.xz and {} (with meta.tar.xz for LXC)\n", image_label(record), root);
    }
    if (formats.tar) fmt::print("{}\n", exported.fingerprint);
    if (formats.squashfs) fmt::print("{}\n", exported.squashfs_fingerprint);
    return 0;
}

} // namespace

const Verb kExport{"export", "IMAGE DIRECTORY [--format=tar|squashfs]", "write an image as files for other machines", add_root_format_options, export_files};

} // namespace lxcpp::tools::images
