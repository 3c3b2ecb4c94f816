// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/backend.h"

// The backends, each in the file of its name.
namespace lxcpp {

// overlay/upper holds what differs from the trees, which stay where they are.
class OverlayStorage final : public StorageBackend {
public:
    [[nodiscard]] StorageKind kind() const noexcept override { return StorageKind::Overlay; }
    [[nodiscard]] std::optional<sys::Child> make(const NewRoot& root) const override;
    [[nodiscard]] sys::RootedDir open(const NewRoot& root) const override;
    [[nodiscard]] std::string_view directory_name() const noexcept override { return "overlay"; }
    [[nodiscard]] std::string config_path(const NewRoot& root, const std::filesystem::path& container,
                                          const std::filesystem::path& elsewhere) const override;
};

// rootfs, or a directory elsewhere, is a copy of the stacked trees.
class DirStorage : public StorageBackend {
public:
    [[nodiscard]] StorageKind kind() const noexcept override { return StorageKind::Dir; }
    [[nodiscard]] std::optional<sys::Child> make(const NewRoot& root) const override;
    [[nodiscard]] sys::RootedDir open(const NewRoot& root) const override;
    [[nodiscard]] std::string_view directory_name() const noexcept override { return "rootfs"; }
    [[nodiscard]] std::string config_path(const NewRoot& root, const std::filesystem::path& container,
                                          const std::filesystem::path& elsewhere) const override;
};

// The same where the copy shares its blocks with the one tree.
class ReflinkStorage final : public DirStorage {
public:
    [[nodiscard]] StorageKind kind() const noexcept override { return StorageKind::Reflink; }
};

// rootfs is a snapshot of the one tree, which is a subvolume; or a subvolume with a copy of the stacked trees.
class BtrfsStorage final : public DirStorage {
public:
    [[nodiscard]] StorageKind kind() const noexcept override { return StorageKind::Btrfs; }
    [[nodiscard]] std::optional<sys::Child> make(const NewRoot& root) const override;
    [[nodiscard]] std::string config_path(const NewRoot& root, const std::filesystem::path& container,
                                          const std::filesystem::path& elsewhere) const override;
};

} // namespace lxcpp
