// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

// Keys that were renamed or dropped before and at LXC 2.1.
namespace lxcpp {

struct LegacyKey {
    std::string name; // what it is called today; "" when it is gone without replacement
};

// device is the number that a network key without one gets: such keys belonged to the device that
// the last "lxc.network.type" line began.
[[nodiscard]] std::optional<LegacyKey> find_legacy_key(std::string_view key, unsigned device = 0);

} // namespace lxcpp
