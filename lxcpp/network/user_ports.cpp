// SPDX-License-Identifier: Apache-2.0
#include "network/user_ports.h"

#include "base/strings.h"
#include "config/load.h"
#include "config/published_port.h"
#include "network/publish.h"
#include "sys/file.h"
#include "sys/listen_probe.h"
#include "sys/own_file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <sys/socket.h>
#include <system_error>

namespace lxcpp {
namespace {

constexpr const char* kFirstFreePort = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
constexpr std::size_t kMostConfig = 1u << 20;

bool publishes(const std::filesystem::path& runtime, const PublishedPort& port) {
    try {
        const auto text = sys::read_own_file_if_exists(runtime / "config", kMostConfig);
        if (!text) return false;
        const auto published = load_config_text(*text, runtime / "config").config.publish;
        return std::ranges::any_of(published,
                                   [&](const PublishedPort& one) { return conflict(one, port); });
    } catch (const Error&) { // it ends just now, or is none of ours
        return false;
    }
}

std::vector<std::string> names_in(const std::filesystem::path& directory) {
    try {
        return sys::list_dir(directory);
    } catch (const SystemError&) { // a file, or gone
        return {};
    }
}

std::vector<int> families_of(const PublishedPort& port) {
    if (port.listen.empty()) return {AF_INET, AF_INET6};
    return {port.listen.find(':') == port.listen.npos ? AF_INET : AF_INET6};
}

[[noreturn]] void refuse_port(const PublishedPort& port, const std::string& why) {
    throw ConfigError("", 0, "lxc.publish", fmt::format("{}: {}", published_port_text(port), why));
}

[[noreturn]] void refuse_taken(const PublishedPort& port, const PortQuestions& ask) {
    if (const auto name = ask.container(port))
        refuse_port(port, fmt::format("the container {} has that port of the host", *name));
    if (const auto listener = ask.listener(port))
        refuse_port(port, "a program of the host listens on " + *listener);
    refuse_port(port, "another program has that port of the host");
}

[[noreturn]] void refuse_low(const PublishedPort& port, const PortQuestions& ask) {
    const std::uint16_t first = ask.first_free_port();
    refuse_port(port, fmt::format("a user may listen from port {} on only: publish {} or higher, "
                                  "or let root set net.ipv4.ip_unprivileged_port_start={}",
                                  first, first, port.host_port));
}

void check_port(const PublishedPort& port, const PortQuestions& ask) {
    for (const int family : families_of(port)) {
        const int error = -ask.try_listen(family, port);
        if (error == 0 || (error == EAFNOSUPPORT && port.listen.empty())) continue;
        if (error == EADDRINUSE) refuse_taken(port, ask);
        if (error == EACCES) refuse_low(port, ask);
        if (error == EADDRNOTAVAIL)
            refuse_port(port, fmt::format("the host does not have the address {}", port.listen));
        refuse_port(port, std::generic_category().message(error));
    }
}

} // namespace

std::optional<std::string> container_with_port(const std::filesystem::path& runtime,
                                               const std::filesystem::path& own,
                                               const PublishedPort& port) {
    for (const std::string& folder : names_in(runtime)) {
        for (const std::string& name : names_in(runtime / folder)) {
            const std::filesystem::path one = runtime / folder / name;
            if (one != own && !name.starts_with('.') && publishes(one, port)) return name;
        }
    }
    return std::nullopt;
}

PortQuestions questions_of_host(const std::filesystem::path& runtime,
                                const std::filesystem::path& own) {
    return {[](int family, const PublishedPort& port) {
                return sys::try_listen({family, port.listen, port.host_port, port.udp});
            },
            [] {
                const auto text = sys::read_file_if_exists(kFirstFreePort);
                return static_cast<std::uint16_t>(
                    parse_u64(trim(text.value_or("1024"))).value_or(1024));
            },
            [runtime, own](const PublishedPort& port) {
                return container_with_port(runtime, own, port);
            },
            [](const PublishedPort& port) { return listener_in_the_way(port); }};
}

void check_user_port_numbers(const std::vector<PublishedPort>& ports, const PortQuestions& ask) {
    for (const PublishedPort& port : ports) {
        for (const int family : families_of(port)) {
            if (ask.try_listen(family, port) == -EACCES) refuse_low(port, ask);
        }
    }
}

void check_user_ports(const std::vector<PublishedPort>& ports, const PortQuestions& ask) {
    for (auto port = ports.begin(); port != ports.end(); ++port) {
        const auto same = std::find_if(ports.begin(), port, [&](const PublishedPort& other) {
            return conflict(*port, other);
        });
        if (same != port)
            refuse_port(*port,
                        "the container publishes " + published_port_text(*same) + " already");
        check_port(*port, ask);
    }
}

} // namespace lxcpp
