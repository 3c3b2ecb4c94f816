// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace lxcpp::sys {

struct ListenAddress {
    int family = 0;      // AF_INET, AF_INET6
    std::string address; // "" = all of the family
    std::uint16_t port = 0;
    bool udp = false;
};

// Whether this process could listen there now, tried and given up again: 0, or -errno of bind(2)
// and listen(2). -EAFNOSUPPORT where the host does not have the family.
[[nodiscard]] int try_listen(const ListenAddress& where) noexcept;

} // namespace lxcpp::sys
