// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

// Ports of the host that a program of the user will listen on.
namespace lxcpp {

// Which container of this user has a port that clashes with that one, but for the one whose runtime
// directory own is; nullopt for none. runtime: the folder of all of them.
[[nodiscard]] std::optional<std::string> container_with_port(const std::filesystem::path& runtime,
                                                             const std::filesystem::path& own,
                                                             const PublishedPort& port);

// What the host is asked: 0 or -errno of listening there; the lowest port that everybody may have;
// the one that listens there now, as container_with_port() and listener_in_the_way() tell.
struct PortQuestions {
    std::function<int(int family, const PublishedPort&)> try_listen;
    std::function<std::uint16_t()> first_free_port;
    std::function<std::optional<std::string>(const PublishedPort&)> container;
    std::function<std::optional<std::string>(const PublishedPort&)> listener;
};
[[nodiscard]] PortQuestions questions_of_host(const std::filesystem::path& runtime,
                                              const std::filesystem::path& own);

// Throws ConfigError lxc.publish that names what is in the way, for the first port that cannot be
// had, also by another one of the list.
void check_user_ports(const std::vector<PublishedPort>& ports, const PortQuestions& ask);
// Only whether a user may listen there at all: ports that the container's own program has are no obstacle.
void check_user_port_numbers(const std::vector<PublishedPort>& ports, const PortQuestions& ask);

} // namespace lxcpp
