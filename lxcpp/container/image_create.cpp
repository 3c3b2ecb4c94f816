// SPDX-License-Identifier: Apache-2.0
#include "container/image_create.h"

#include "base/error.h"
#include "container/image_build.h"
#include "container/image_config.h"
#include "container/image_origin.h"
#include "storage/choice.h"
#include "sys/own_namespace.h"

#include <algorithm>

namespace lxcpp {

std::uint32_t host_root(const std::vector<IdMapEntry>& idmap, IdKind kind) {
    for (const IdMapEntry& entry : idmap) {
        if (entry.kind == kind && entry.nsid == 0) return entry.hostid;
    }
    throw Error("lxc.idmap maps no root (id 0); a container's root file system needs one");
}

namespace {

std::optional<std::uint32_t> own_shift(const ImageCreate& create) {
    if (!sys::in_own_namespace()) return std::nullopt;
    return std::max(host_root(create.idmap, IdKind::Uid), host_root(create.idmap, IdKind::Gid));
}

} // namespace

StorageKind choose_image_storage(const ImageCreate& create, const HeldImage& image) {
    const bool elsewhere = !create.options.directory.empty();
    const std::filesystem::path place = elsewhere ? create.options.directory.parent_path() : create.impl.lxcpath;
    const bool unprivileged = !create.idmap.empty() || !create.options.privileged;
    const StorageObstacles obstacles = probe_storage({.trees = image.trees,
                                                      .directory = place,
                                                      .unprivileged = unprivileged,
                                                      .elsewhere = elsewhere,
                                                      .idmapped = create.idmapped,
                                                      .copied = create.options.backend == "btrfs",
                                                      .own_shift = own_shift(create)});
    const StorageKind kind = choose_storage(create.options.backend, obstacles);
    // Root's file systems mostly do; a user may wonder where the room and the time have gone.
    const auto overlay = obstacles.find(StorageKind::Overlay);
    if (kind == StorageKind::Dir && create.options.backend != "dir" && !elsewhere && overlay != obstacles.end() && sys::in_own_namespace() && create.options.note) {
        create.options.note("the image is copied, and shares nothing with others of it: " + overlay->second);
    }
    return kind;
}

void make_of_image(const ImageCreate& create, const HeldImage& image, StorageKind kind, const std::filesystem::path& construction,
                   FdRef outside, ConfigText base, sys::SignalFd& signals) {
    const ImageBuild build(create, image, kind, construction, outside, {});
    const std::vector<std::string> volumes = build.make_root({}, signals);
    const ImageBuild::Lines lines = build.config(std::move(base), {}, volumes);
    const sys::RootedDir directory = sys::RootedDir::open(construction);
    directory.write_file("config", lines.config, 0640);
    directory.write_file(kImageLines, lines.of_image, 0640);
    directory.write_file(kImageFile, format_image_record(image.record), 0640);
    build.tell_message();
    image.store.touch(image.record.fingerprint);
}

} // namespace lxcpp
