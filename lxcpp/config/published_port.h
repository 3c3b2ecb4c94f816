// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/codec.h"

#include <string>
#include <string_view>

// lxc.publish: ports of the host that lead to a container.
namespace lxcpp {

// [LISTEN:]HOST_PORT:PORT[/tcp|/udp]; an IPv6 address stands in brackets. Throws Error that says
// what is wrong.
[[nodiscard]] PublishedPort parse_published_port(std::string_view text);
[[nodiscard]] std::string published_port_text(const PublishedPort& port);
[[nodiscard]] bool is_any_address(std::string_view address) noexcept; // "", 0.0.0.0, ::

// Whether packets for one could be meant for the other.
[[nodiscard]] bool conflict(const PublishedPort& one, const PublishedPort& other) noexcept;

struct PublishedPorts : ListCodec<PublishedPorts, PublishedPort> {
    static constexpr std::string_view kSyntax = "[ADDRESS:]HOST_PORT:PORT[/tcp|/udp]";
    static PublishedPort item(std::string_view text) { return parse_published_port(text); }
    static std::string text(const PublishedPort& item) { return published_port_text(item); }
};

} // namespace lxcpp
