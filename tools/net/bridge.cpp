// SPDX-License-Identifier: Apache-2.0
#include "net/commands.h"

#include "base/one_line.h"
#include "common/harmless.h"
#include "common/rows.h"
#include "common/say.h"
#include "container/recover.h"
#include "network/bridge_status.h"
#include "network/managed_bridge.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::tools::net {
namespace {

Cell text_or_none(const std::string& text) {
    if (text.empty()) return std::monostate{};
    return text;
}

std::string own_ipv4(const BridgeSettings& settings) {
    return settings.ipv4 ? text_of(*settings.ipv4) : "";
}
std::string own_ipv6(const BridgeSettings& settings) {
    return settings.ipv6 ? ipv6_text(*settings.ipv6) + "/64" : "";
}
const char* on_or_off(bool value) {
    return value ? "on" : "off";
}

std::string state_of(const BridgeStatus& status) {
    if (status.up) return "up";
    return status.link || status.rules || status.dnsmasq ? "partly up" : "down";
}

// In the order in which somebody who looks for a fault goes through them.
void print_status(const BridgeStatus& status) {
    const BridgeSettings& settings = status.settings;
    fmt::print("Bridge:     {} ({})\n", settings.bridge, state_of(status));
    fmt::print("IPv4:       {}\n", settings.ipv4 ? fmt::format("{}, NAT {}", own_ipv4(settings),
                                                               on_or_off(settings.ipv4_nat))
                                                 : "none");
    fmt::print("IPv6:       {}\n", settings.ipv6 ? fmt::format("{}, NAT {}", own_ipv6(settings),
                                                               on_or_off(settings.ipv6_nat))
                                                 : "none");
    fmt::print("Domain:     {}\n", settings.domain);
    fmt::print("Filter:     {}\n", on_or_off(settings.filter));
    fmt::print("Interface:  {}\n", status.link ? "there" : "missing");
    fmt::print("Rules:      {}\n", status.rules ? "there" : "missing");
    fmt::print("dnsmasq:    {}\n",
               status.dnsmasq ? fmt::format("process {}", *status.dnsmasq) : "not running");
    fmt::print("Containers: {}\n", status.containers);
    for (const std::string& problem : status.problems)
        fmt::print("Note:       {}\n", harmless(problem));
    for (const Obstacle& obstacle : status.obstacles) {
        fmt::print("Firewall:   {}\n",
                   describe(obstacle) + (obstacle.passes ? ", but lets the bridge's through" : ""));
        if (!obstacle.passes)
            fmt::print("            run: {}\n", advice_for(obstacle, settings.bridge));
    }
}

Rows status_row(const BridgeStatus& status) {
    const BridgeSettings& settings = status.settings;
    std::vector<std::string> blocked;
    std::vector<std::string> advice;
    for (const Obstacle& obstacle : status.obstacles) {
        if (obstacle.passes) continue;
        blocked.push_back(describe(obstacle));
        advice.push_back(advice_for(obstacle, settings.bridge));
    }
    Rows rows{.columns = {{"BRIDGE"},
                          {"STATE"},
                          {"IPV4"},
                          {"IPV4_NAT"},
                          {"IPV6"},
                          {"IPV6_NAT"},
                          {"DOMAIN"},
                          {"FILTER"},
                          {"INTERFACE"},
                          {"RULES"},
                          {"DNSMASQ"},
                          {"CONTAINERS"},
                          {"BLOCKED_BY"},
                          {"ADVICE"},
                          {"PROBLEMS"}},
              .rows = {}};
    rows.rows.push_back({settings.bridge, state_of(status), text_or_none(own_ipv4(settings)),
                         settings.ipv4_nat, text_or_none(own_ipv6(settings)), settings.ipv6_nat,
                         settings.domain, settings.filter, status.link, status.rules,
                         status.dnsmasq ? Cell(std::int64_t{*status.dnsmasq}) : Cell(),
                         static_cast<std::int64_t>(status.containers), blocked, advice,
                         status.problems});
    return rows;
}

} // namespace

void clean_up_after_dead(const Cli& cli) {
    for (const PortOwner& owner : owners_of_ports(default_paths())) {
        try {
            recover(Container::Impl(owner.container, owner.lxcpath));
        } catch (const Error& error) { // of one container, and no reason to leave the bridge alone
            if (!cli.quiet())
                say("{}: {}: {}\n", cli.program(), harmless(owner.container),
                    one_line(error.what()));
        }
    }
}

int up(const Cli& cli, const Options& options) {
    clean_up_after_dead(cli);
    bring_bridge_up(default_paths(), options.force ? CutOff::Allow : CutOff::Refuse,
                    [&](const std::string& line) {
                        if (!cli.quiet()) say("{}: {}\n", cli.program(), harmless(line));
                    });
    return 0;
}

int down(const Cli& cli, const Options& options) {
    clean_up_after_dead(cli);
    static_cast<void>(take_bridge_down(default_paths(), options.force));
    if (cli.quiet()) return 0;
    const std::string stays = foreign_bridge(default_paths());
    if (!stays.empty()) say("{}: its interface was not taken down: {}\n", cli.program(), harmless(stays));
    return 0;
}

int status(const Options& options) {
    const Format format = parse_format(options.format);
    const BridgeStatus now = bridge_status(default_paths());
    if (format == Format::Table)
        print_status(now);
    else
        fmt::print("{}", print_row(status_row(now), format));
    return now.up ? 0 : 2;
}

} // namespace lxcpp::tools::net
