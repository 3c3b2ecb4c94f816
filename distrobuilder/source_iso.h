// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "image/progress.h"
#include "sys/rooted_dir.h"

#include <filesystem>
#include <string>

// Root file systems of installation and live media.
namespace lxcpp::distro {

// What an image on such a medium holds, told apart by content: a squashfs tree, a squashfs with LiveOS/rootfs.img (ext4) in it,
// or ext4. file: at its beginning; what: its name in messages; scratch: a directory of ours for what lies between.
void unpack_live_image(FdRef file, const std::string& what, const std::filesystem::path& scratch, const sys::RootedDir& to,
                       image::ProgressSink& progress);

// The whole of a compressed disk image as a file, up to end bytes where the image itself says how long it is: what follows is
// not looked at. Zeros become holes.
void expand_disk_image(FdRef file, const std::string& what, FdRef to, std::uint64_t end = UINT64_MAX);

} // namespace lxcpp::distro
