// SPDX-License-Identifier: Apache-2.0
#include "storage/backends.h"

#include <algorithm>
#include <array>

namespace lxcpp {
namespace {

template <typename Backend>
std::unique_ptr<StorageBackend> make() {
    return std::make_unique<Backend>();
}

struct Row {
    StorageKind kind;
    std::string_view name;
    std::unique_ptr<StorageBackend> (*make)();
};
constexpr std::array kBackends{
    Row{StorageKind::Btrfs, "btrfs", make<BtrfsStorage>},
    Row{StorageKind::Reflink, "reflink", make<ReflinkStorage>},
    Row{StorageKind::Overlay, "overlay", make<OverlayStorage>},
    Row{StorageKind::Dir, "dir", make<DirStorage>},
};

const Row& row_of(StorageKind kind) noexcept { return *std::ranges::find(kBackends, kind, &Row::kind); }

} // namespace

std::string_view storage_name(StorageKind kind) noexcept { return row_of(kind).name; }
std::unique_ptr<StorageBackend> make_storage_backend(StorageKind kind) { return row_of(kind).make(); }

} // namespace lxcpp
