// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

struct CgroupLeftover {
    std::filesystem::path path;
    std::string reason;      // strerror(3) of the last attempt
    std::vector<pid_t> pids; // processes that did not die; may be empty
    bool operator==(const CgroupLeftover&) const = default;
};

// Kills every process in the groups and below (cgroup.kill, else SIGKILL to each one), waits until
// they are gone and removes the directories with all that the payload made below. A group that is
// not there is fine. Ends within timeout; what is left then is returned, never thrown.
[[nodiscard]] std::vector<CgroupLeftover> remove_cgroups(std::span<const std::filesystem::path> dirs,
                                                         std::chrono::milliseconds timeout) noexcept;

// Removes groups that hold nothing, in the given order; kills nobody and reports nothing, because
// other containers may use them.
void remove_empty_cgroups(std::span<const std::filesystem::path> dirs) noexcept;

// SIGKILL to everything in the groups and below, without waiting.
void kill_cgroups(std::span<const std::filesystem::path> dirs) noexcept;

// Processes in the group and below; empty when it is not there.
[[nodiscard]] std::vector<pid_t> cgroup_pids(const std::filesystem::path& dir);

} // namespace lxcpp
