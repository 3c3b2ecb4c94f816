// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.h"

#include <span>

// The tables. No name of a key stands anywhere else but in tests and documents.
namespace lxcpp {

inline constexpr std::string_view kIncludeKey = "lxc.include";
inline constexpr std::string_view kNetKey = "lxc.net";

// Sorted by name, unique.
[[nodiscard]] std::span<const Key<Config>> config_keys() noexcept;

// What may follow "lxc.net.N.". types is a mask of 1 << NetType: the device types that know it.
struct NetKey {
    Key<NetDevice> key;
    unsigned types = ~0u;
    [[nodiscard]] constexpr bool fits(NetType type) const {
        return (types >> static_cast<unsigned>(type) & 1u) != 0;
    }
};

[[nodiscard]] std::span<const NetKey> net_keys() noexcept; // sorted by name, unique

} // namespace lxcpp
