// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/output_compression.h"
#include "distrobuilder/output_files.h"
#include "distrobuilder/output_tree.h"

#include <algorithm>
#include <utility>

namespace lxcpp::distro {

void write_lxc_image(const OutputWork& work, OutputFiles& files) {
    // By name, as distrobuilder has them: config comes first, and tells what the archive is.
    NamedTexts members = lxc_metadata(work.recipe, work.files, tree_devices(work.root), work.now);
    std::sort(members.begin(), members.end());
    image::PackOptions meta{.newest = work.now, .files = std::move(members)};
    static_cast<void>(files.add("meta.tar.xz", [&](FdRef to) { return image::pack_files(to, meta); }));
    const std::string root = "rootfs.tar" + std::string(archive_suffix(work.options.compression));
    static_cast<void>(pack_root(files, root, work, tree_options(work)));
    files.supersede(work, "rootfs.tar", "meta.tar.xz");
}

} // namespace lxcpp::distro
