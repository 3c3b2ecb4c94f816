// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace lxcpp {

// An IPv4 address as a number, to calculate with. Of text that was validated.
[[nodiscard]] std::uint32_t number_of_ipv4(const std::string& address);
[[nodiscard]] std::string ipv4_of_number(std::uint32_t number);

} // namespace lxcpp
