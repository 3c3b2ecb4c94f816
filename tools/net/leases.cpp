// SPDX-License-Identifier: Apache-2.0
#include "net/commands.h"

#include "common/rows.h"
#include "network/bridge_wish.h"
#include "network/dnsmasq_text.h"
#include "network/reservations.h"
#include "sys/file.h"

#include <algorithm>
#include <ctime>
#include <fmt/core.h>

namespace lxcpp::tools::net {
namespace {

Cell time_cell(std::optional<std::uint64_t> seconds, Format format) {
    if (!seconds || *seconds == 0) return std::monostate{};
    if (format != Format::Table) return static_cast<std::int64_t>(*seconds);
    const auto time = static_cast<std::time_t>(*seconds);
    std::tm fields{};
    if (::localtime_r(&time, &fields) == nullptr) return std::monostate{};
    char text[32];
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &fields));
}

} // namespace

int leases(const Options& options) {
    const Format format = parse_format(options.format);
    const Paths paths = default_paths();
    const BridgeFiles files = bridge_files(paths, bridge_of_host(paths));
    const std::string text = sys::read_file_if_exists(files.leases()).value_or("");
    std::vector<DhcpLease> dynamic = parse_leases(text);
    Rows rows{
        .columns = {{"NAME"}, {"MAC"}, {"IPV4"}, {"IPV6"}, {"KIND"}, {"EXPIRES"}, {"LXCPATH"}},
        .rows = {}};
    for (const auto& [address, reservation] : load_reservations(files)) {
        const auto lease = std::ranges::find(dynamic, address, &DhcpLease::address);
        std::optional<std::uint64_t> expiry;
        if (lease != dynamic.end()) {
            expiry = lease->expiry;
            dynamic.erase(lease);
        }
        rows.rows.push_back({reservation.owner.container, reservation.mac, address,
                             reservation.ipv6.empty() ? Cell() : Cell(reservation.ipv6),
                             std::string(reservation.fixed ? "static" : "reserved"),
                             time_cell(expiry, format), reservation.owner.lxcpath});
    }
    // Of machines that are on the bridge without being containers of ours.
    for (const DhcpLease& lease : dynamic)
        rows.rows.push_back({Cell(), lease.mac, lease.address, Cell(), std::string("dynamic"),
                             time_cell(lease.expiry, format), Cell()});
    fmt::print("{}", print_rows(rows, format));
    return 0;
}

} // namespace lxcpp::tools::net
