// SPDX-License-Identifier: Apache-2.0
#include "start/idmap_write.h"

#include "base/error.h"
#include "sys/file.h"

namespace lxcpp {

std::string id_map_text(const std::vector<IdMapEntry>& entries, IdKind kind) {
    std::string text;
    for (const IdMapEntry& entry : entries) {
        if (entry.kind != kind) continue;
        text += std::to_string(entry.nsid) + ' ' + std::to_string(entry.hostid) + ' ' + std::to_string(entry.range) + '\n';
    }
    return text;
}

void write_id_maps(pid_t pid, const std::vector<IdMapEntry>& entries) {
    const std::string directory = "/proc/" + std::to_string(pid) + '/';
    // One write each: the kernel takes a map once and whole.
    sys::write_existing(directory + "uid_map", id_map_text(entries, IdKind::Uid));
    sys::write_existing(directory + "gid_map", id_map_text(entries, IdKind::Gid));
}

} // namespace lxcpp
