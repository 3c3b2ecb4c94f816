// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/output_compression.h"
#include "distrobuilder/output_files.h"
#include "distrobuilder/output_tree.h"

#include <utility>

namespace lxcpp::distro {
namespace {

void write_split(OutputFiles& files, const OutputWork& work, NamedTexts metadata) {
    image::PackOptions meta = tree_options(work);
    meta.files = std::move(metadata);
    const std::string name = "incus.tar" + std::string(archive_suffix(work.options.compression));
    static_cast<void>(files.add(name, [&](FdRef to) { return image::pack_files(to, meta); }));
    image::PackOptions root = tree_options(work);
    root.squashfs = squashfs_options(work.options);
    static_cast<void>(pack_root(files, "rootfs.squashfs", work, root));
    files.supersede(work, "incus.tar", "rootfs.squashfs");
}

void write_unified(OutputFiles& files, const OutputWork& work, NamedTexts metadata) {
    image::PackOptions pack = tree_options(work);
    pack.files = std::move(metadata);
    pack.below = "rootfs";
    const std::string name = file_name_of(work.recipe.image.name) + ".tar" + std::string(archive_suffix(work.options.compression));
    static_cast<void>(pack_root(files, name, work, pack));
}

} // namespace

void write_incus_image(const OutputWork& work, OutputFiles& files) {
    NamedTexts metadata = incus_metadata(work.recipe, work.files, work.now);
    work.options.type == IncusType::Split ? write_split(files, work, std::move(metadata)) : write_unified(files, work, std::move(metadata));
}

} // namespace lxcpp::distro
