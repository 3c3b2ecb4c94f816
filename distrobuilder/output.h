// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/image_files.h"
#include "distrobuilder/recipe.h"
#include "image/progress.h"
#include "sys/rooted_dir.h"

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::distro {

// "xz", "zstd-19": as distrobuilder's --compression takes them (bzip2 gzip lzip lzma lzo xz zstd, none), with the levels
// that each has.
struct OutputCompression {
    std::string name = "xz";
    std::optional<unsigned> level;

    bool operator==(const OutputCompression&) const = default;
};
// Throws Error naming what there is; for what distrobuilder has and we have not, which of ours to take.
[[nodiscard]] OutputCompression parse_output_compression(std::string_view text);

enum class IncusType { Split, Unified };
enum class OciForm { Layout, Archive };

struct OutputOptions {
    OutputCompression compression;
    IncusType type = IncusType::Split;
    std::optional<OutputCompression> squashfs; // of the split image's rootfs.squashfs; empty: as compression, where squashfs has that
    OciForm oci = OciForm::Archive;
    std::string oci_tag; // empty: the release, or "latest"
};

// An image to be written.
struct OutputWork {
    const Recipe& recipe; // resolved for this output
    const ImageFiles& files;
    const sys::RootedDir& root;
    const OutputOptions& options;
    std::time_t now = 0; // of the build, or SOURCE_DATE_EPOCH: nothing in the image is later
    image::ProgressSink& progress;
};

struct OutputFile {
    std::string name; // below target
    std::uint64_t size = 0;
    std::string sha256;

    bool operator==(const OutputFile&) const = default;
};

class OutputFiles;

// Each adds its files to those that are published together.
// meta.tar.xz, rootfs.tar.*
void write_lxc_image(const OutputWork& work, OutputFiles& files);
// incus.tar.* and rootfs.squashfs, or NAME.tar.*
void write_incus_image(const OutputWork& work, OutputFiles& files);
// NAME.oci.tar, or a directory NAME.oci
void write_oci_image(const OutputWork& work, OutputFiles& files);
// manifest.spdx.json: the packages of the tree by its package manager's database (dpkg, apk, rpm, pacman, opkg, xbps, portage).
void write_package_manifest(const OutputWork& work, OutputFiles& files);

// The drop-ins that let units of systemd start without privileges (/etc/systemd/system-generators/lxc), when the tree has
// /etc/systemd.
void install_systemd_generator(const sys::RootedDir& root);

} // namespace lxcpp::distro
