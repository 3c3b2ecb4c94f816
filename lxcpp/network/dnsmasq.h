// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network/dnsmasq_text.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

// dnsmasq(8) of the managed bridge: nobody watches over it; whoever needs it looks whether it runs.
namespace lxcpp {

// A program of the host by its name, in the directories of the system; nullopt when it is not
// installed.
[[nodiscard]] std::optional<std::filesystem::path> host_program(std::string_view name);

[[nodiscard]] DnsmasqUser dnsmasq_user();
// The directories and files that it reads and writes, as it may read and write them.
void make_dnsmasq_files(const BridgeFiles& files, const DnsmasqUser& user);

// Of this network namespace, with that configuration; nullopt: it does not run.
[[nodiscard]] std::optional<pid_t> running_dnsmasq(const BridgeFiles& files);
// Throws Error with its own words when dnsmasq would refuse this configuration; nothing is changed.
void check_dnsmasq(const BridgeSettings& settings, const BridgeFiles& files);
// Has it run with this configuration: starts it, or starts it anew when it has another one. True
// when it did. Throws Error with its own words when it will not.
bool ensure_dnsmasq(const BridgeSettings& settings, const BridgeFiles& files);
// As it was configured last, after stop_dnsmasq().
void restart_dnsmasq(const BridgeFiles& files);
void stop_dnsmasq(const BridgeFiles& files);
// Lets it forget files that are gone.
void reload_dnsmasq(const BridgeFiles& files);

} // namespace lxcpp
