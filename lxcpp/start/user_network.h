// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "network/nic.h"
#include "network/user_program.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>

// User-mode networking of a start: a program of the user carries the packets of an interface in the
// container (doc/decisions/021).
namespace lxcpp {

struct UserNetwork {
    const Paths& paths;
    const std::filesystem::path& runtime;
    const Config& config;
    std::span<const std::filesystem::path> cgroups; // for the program
    pid_t init;
};

// Why there can be none here, "" when there can: this user's rights, the programs of the host.
[[nodiscard]] std::string why_no_user_network(const UserHost& host);
// Its addresses and routes, which the host decides too.
[[nodiscard]] NicPlan plan_user_nic(const NicPlan& nic, const UserHost& host);
// The interface in the container's network namespace, with a program at its other end, and the
// ports of the configuration published. Notes the process first. Throws ConfigError.
[[nodiscard]] MadeNic make_user_nic(const NicPlan& nic, const NicWork& work,
                                    const UserNetwork& wish, const UserHost& host);

// One line; nullopt as long as it runs, and where there is none.
[[nodiscard]] std::optional<std::string>
why_user_network_ended(const std::filesystem::path& runtime);
// Ends it, and waits until what it listened on is free.
void end_user_process(const UserProcess& process);

} // namespace lxcpp
