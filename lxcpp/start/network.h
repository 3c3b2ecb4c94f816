// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/paths.h"
#include "plan/planner.h"

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

// What release_network() must know beside the runtime directory.
struct NetworkRelease {
    StartRequest request; // for script.down: name, configuration file, target
    Config config;        // the running one
    Paths paths;
    pid_t init = -1; // LXC_PID; -1 = there was none
};

struct NetworkMaking {
    const StartPlan& plan;
    const std::filesystem::path& runtime;
    const Paths& paths;
    pid_t init;
    std::vector<std::filesystem::path> monitor_cgroups; // for what lives beside the container
    FdRef outside = {};     // of an ordinary user: start/outside.h
    FdRef old_network = {}; // of a user's container that reboots: its interfaces are taken from there
};

// The file for PlanHost::name_servers, which make_network() fills: "" unless an application has a device
// that takes what a managed bridge gives.
[[nodiscard]] std::string name_servers_file(const StartRequest& request, const Config& config, const Paths& paths,
                                            const std::filesystem::path& runtime);

// Makes the devices of the plan with a netlink socket of the container's network namespace, in the
// caller's and there. What does not go away with that namespace is noted in the runtime directory's
// "made" first, and what was only decided now (the names of pairs) in config and in the runtime
// directory's "config".
// Returns the network namespace when it is needed at a reboot, else an invalid descriptor.
[[nodiscard]] Fd make_network(const NetworkMaking& wish, Config& config, Fd socket);

// Undoes what "made" notes: interfaces of the host come back under their names, script.down runs.
// No error stops it; each is logged. Nothing happens the second time. What comes back is closed when
// nobody waits any more: the kernel takes its time to free rules.
std::vector<Fd> release_network(const std::filesystem::path& runtime, const NetworkRelease& wish) noexcept;

} // namespace lxcpp
