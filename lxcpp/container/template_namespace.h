// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <filesystem>
#include <string>

namespace lxcpp {

// The mount namespace in which a template runs: the lxcpath holds nothing but <name>, and that is the
// directory under construction.
struct TemplateNamespace {
    const std::filesystem::path& lxcpath;
    const std::string& name;
    const std::filesystem::path& construction;
    std::filesystem::path rootfs; // outside the construction: visible with the same ids; empty = inside
    FdRef idmap;                 // user namespace for idmapped mounts; invalid = plain
    std::filesystem::path cache; // visible with the same ids; empty = as it is
    std::filesystem::path cache_source; // this directory is seen there
    FdRef rootfs_fd;             // the directory that is to be seen at rootfs
    std::filesystem::path image; // of the host, to be read at <lxcpath>/.image with the ids of image_idmap; empty = none
    FdRef image_idmap;
};

inline constexpr const char* kTemplateImage = ".image";

// Throws Error. The namespace lives as long as the descriptor (or a process in it).
[[nodiscard]] Fd make_template_namespace(const TemplateNamespace& wish);

} // namespace lxcpp
