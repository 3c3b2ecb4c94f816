// SPDX-License-Identifier: Apache-2.0
#include "image/archive_kind.h"

#include "image/decompress.h"
#include "image/tar_reader.h"
#include "image/tree_writer.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"

#include <array>
#include <string_view>

namespace lxcpp::image {
namespace {

constexpr std::string_view kSquashfs = "hsqs";

bool is_squashfs(FdRef file, const std::string& what) {
    std::array<char, kSquashfs.size()> magic{};
    return sys::read_at(file, magic, 0, what) == magic.size() && std::string_view(magic.data(), magic.size()) == kSquashfs;
}

bool begins_with(std::string_view path, std::string_view directory) {
    return path == directory || (path.starts_with(directory) && path[directory.size()] == '/');
}

// LXC's, which has no directories; config.3 and the like are for older ones of it.
bool is_lxc_metadata(std::string_view path) {
    return path == "config" || path.starts_with("config.") || path.starts_with("config-user") || path == "create-message" || path == "expiry" ||
           path == "excludes-user";
}

// What stands in an OCI layout besides oci-layout; docker save adds manifest.json and repositories.
bool may_be_oci(std::string_view path) {
    return begins_with(path, "blobs") || path == "index.json" || path == "manifest.json" ||
           path == "repositories";
}

// Metadata comes first in combined images too: what follows tells.
ArchiveKind kind_of(TarReader& reader) {
    bool metadata = false;
    while (const TarEntry* entry = reader.next()) {
        const std::string path = normal_path(entry->path);
        if (begins_with(path, "rootfs")) return ArchiveKind::Combined;
        if (path == "backup/index.yaml") return ArchiveKind::Backup;
        if (path == "oci-layout") return ArchiveKind::Oci;
        if (path == "metadata.yaml" || is_lxc_metadata(path) || begins_with(path, "templates"))
            metadata = true;
        else if (!metadata && !path.empty() && path != "backup" && !may_be_oci(path))
            return ArchiveKind::Root;
    }
    return metadata ? ArchiveKind::Metadata : ArchiveKind::Root;
}

} // namespace

ArchiveKind archive_kind(FdRef file, const std::string& what) {
    if (is_squashfs(file, what)) return ArchiveKind::Root;
    const ByteSource source = [&](std::span<char> into) {
        return sys::read_some(file, {reinterpret_cast<std::uint8_t*>(into.data()), into.size()}, what);
    };
    TarReader reader(Decompressor::as_source(Decompressor(source, what)), what);
    const ArchiveKind kind = kind_of(reader);
    sys::seek_to(file, 0, what);
    return kind;
}

} // namespace lxcpp::image
