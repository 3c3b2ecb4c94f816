// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/record.h"

#include <filesystem>
#include <vector>

// What a start has made on the host, in the file "made" of the runtime directory from just before it is
// there: when the starter is killed, whoever cleans up removes this and nothing else.
namespace lxcpp {

struct Made {
    std::vector<std::filesystem::path> payload; // cgroups
    std::vector<std::filesystem::path> others;  // cgroups of the monitor, and parents: removed only when empty
    std::vector<NicRecord> nics;                // what does not go away with the network namespace
    std::filesystem::path shared_mount;         // of lxc.mount.auto shmounts; empty = none, or not ours
    bool operator==(const Made&) const = default;
};

void save_made(const std::filesystem::path& runtime, const Made& made);
// Empty when there is nothing yet. A line that was not written to its end does not count.
[[nodiscard]] Made load_made(const std::filesystem::path& runtime);

} // namespace lxcpp
