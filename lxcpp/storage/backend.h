// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/rooted_dir.h"
#include "sys/spawn.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

// Ways to make a container's root file system of read-only trees of the store of images. A removal needs none of
// them: what is below the container's directory goes with it.
namespace lxcpp {

enum class StorageKind { Btrfs, Reflink, Overlay, Dir }; // the better first
[[nodiscard]] std::string_view storage_name(StorageKind kind) noexcept;

// What a new root file system is made of, and where.
struct NewRoot {
    std::vector<std::filesystem::path> trees; // the topmost first; one, or the layers of an overlay
    std::filesystem::path directory;          // the container's, while it is made
    std::string suffix;                       // of the directory's name: "" or ".2"; another root may be there
    FdRef outside;                            // --dir: this empty directory becomes the root; else invalid
    std::filesystem::path libexec;            // where lxcpp-copy-tree is
    uid_t uid_shift = 0;                      // of owners on disk, where the file system takes no idmapped mounts
    gid_t gid_shift = 0;
    bool quiet = false;
};

class StorageBackend {
public:
    StorageBackend() = default;
    StorageBackend(const StorageBackend&) = delete;
    StorageBackend& operator=(const StorageBackend&) = delete;
    virtual ~StorageBackend() = default;

    [[nodiscard]] virtual StorageKind kind() const noexcept = 0;
    // Makes it. What takes long is done by the returned process, for which the caller waits. Throws SystemError.
    [[nodiscard]] virtual std::optional<sys::Child> make(const NewRoot& root) const = 0;
    // The whole root, to be changed in the host's ids, once it is made.
    [[nodiscard]] virtual sys::RootedDir open(const NewRoot& root) const = 0;
    // The name in the container's directory of what make() makes, without the suffix.
    [[nodiscard]] virtual std::string_view directory_name() const noexcept = 0;
    // lxc.rootfs.path of the container that will be in container, or has its root elsewhere.
    [[nodiscard]] virtual std::string config_path(const NewRoot& root, const std::filesystem::path& container,
                                                  const std::filesystem::path& elsewhere) const = 0;
};

[[nodiscard]] std::unique_ptr<StorageBackend> make_storage_backend(StorageKind kind);

} // namespace lxcpp
