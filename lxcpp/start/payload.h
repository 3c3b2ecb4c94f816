// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/planner.h"

#include "base/paths.h"
#include "host/cgroup_layout.h"

#include <optional>
#include <string>

namespace lxcpp {

// The systemd in a root file system by the version in its library's name (libsystemd-shared-257.so);
// nullopt when there is none. Links are resolved inside the root.
[[nodiscard]] std::optional<int> systemd_version(const Rootfs& rootfs);

// We are in one that is not the host's own.
[[nodiscard]] bool inside_user_namespace();

// Probes what plan_start() wants to know.
[[nodiscard]] PlanHost probe_plan_host(const Config& config, const CgroupLayout& layout, const Paths& paths);

// The lines of lxc.mount.fstab, without comments. Throws ConfigError when it cannot be read.
[[nodiscard]] std::vector<std::string> read_fstab(const std::string& path);

} // namespace lxcpp
