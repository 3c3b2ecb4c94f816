// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/id_range.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// One line of /proc/PID/uid_map: count ids from inside on are the host's ids from host on.
struct IdMapping {
    std::uint32_t inside = 0;
    std::uint32_t host = 0;
    std::uint32_t count = 0;
    bool operator==(const IdMapping&) const = default;
};

// The user or the group ids of a user namespace; it knows no processes. user_namespaces(7).
class IdMap {
public:
    static constexpr std::size_t kMaxMappings = 340; // user_namespaces(7), since Linux 4.15

    IdMap() = default; // maps nothing
    // Sorted by inside. Throws Error that names the offending line for an empty one, ids past
    // 4294967294, two lines that overlap inside or on the host, and more than kMaxMappings.
    explicit IdMap(std::vector<IdMapping> mappings);

    [[nodiscard]] std::optional<std::uint32_t> to_host(std::uint32_t inside) const noexcept;
    [[nodiscard]] std::optional<std::uint32_t> to_container(std::uint32_t host) const noexcept;
    // Every id 0 .. count - 1 has a host id.
    [[nodiscard]] bool covers(std::uint32_t count) const noexcept;
    // Every host id lies in one of these ranges (neighbours count as one).
    [[nodiscard]] bool fits(std::span<const IdRange> allowed) const;
    [[nodiscard]] std::vector<IdRange> host_ranges() const; // ascending, neighbours joined
    // "inside host count\n" each, as one write(2) to uid_map or gid_map takes it. Throws Error when
    // the text is longer than the page the kernel accepts.
    [[nodiscard]] std::string text() const;

    [[nodiscard]] bool empty() const noexcept { return mappings_.empty(); }
    [[nodiscard]] const std::vector<IdMapping>& mappings() const noexcept { return mappings_; }
    bool operator==(const IdMap&) const = default;

private:
    std::vector<IdMapping> mappings_;
};

// Reads text in the form of /proc/PID/uid_map. Throws Error for a line of another form.
[[nodiscard]] IdMap parse_id_map(std::string_view text);

} // namespace lxcpp
