// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/record.h"
#include "sys/pidfd.h"

#include <filesystem>
#include <optional>
#include <vector>

// What a start has made on the host, in the file "made" of the runtime directory from just before it is
// there: when the starter is killed, whoever cleans up removes this and nothing else.
namespace lxcpp {

struct Made {
    std::vector<std::filesystem::path> payload; // cgroups
    std::vector<std::filesystem::path> others;  // cgroups of the monitor, and parents: removed only when empty
    std::vector<NicRecord> nics;                // what does not go away with the network namespace
    std::filesystem::path shared_mount;         // of lxc.mount.auto shmounts; empty = none, or not ours
    std::optional<sys::ProcessId> init;         // from just before it executes its program
    bool operator==(const Made&) const = default;
};

void save_made(const std::filesystem::path& runtime, const Made& made);
// One more line of it, for what every start waits for: until it executes its program, init ends with the starter, and
// from the file "state" on everybody knows it. In between nothing but this would tell of it where there are no cgroups.
void note_init(const std::filesystem::path& runtime, const sys::ProcessId& init);
// Empty when there is nothing yet. A line that was not written to its end does not count.
[[nodiscard]] Made load_made(const std::filesystem::path& runtime);

} // namespace lxcpp
