// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/helper_process.h"
#include "storage/copy.h"
#include "sys/rooted_dir.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp {

inline constexpr const char* kVolumes = "volumes"; // in the container's directory: "0", "1", ...

struct VolumesWish {
    std::filesystem::path place; // the container's directory in the end
    bool idmapped = false;
    CopyWish copy;
};

// Directory NUMBER of the volumes, with what the new root has at path. Throws Error.
void make_volume(const sys::RootedDir& container, const sys::RootedDir& root, std::size_t number, const std::string& path,
                 const CopyWish& copy, sys::SignalFd& signals);

// The value of lxc.mount.entry for it. container: the directory of the container.
[[nodiscard]] std::string volume_entry(const std::filesystem::path& container, std::size_t number, std::string_view path, bool idmapped);

// Makes directories for those paths that no entry of the configuration mounts one at yet, and returns further entries.
[[nodiscard]] std::vector<std::string> make_volumes(const sys::RootedDir& container, const sys::RootedDir& root,
                                                    const std::vector<std::string>& paths, const std::vector<std::string>& entries,
                                                    const VolumesWish& wish, sys::SignalFd& signals);

// A path that a volume can be mounted at: absolute, below the root, in normal form.
[[nodiscard]] bool is_volume_path(std::string_view path) noexcept;

} // namespace lxcpp
