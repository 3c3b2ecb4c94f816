// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

// The kernel's numbers by the names that people write; one table each, used for parse and print.
namespace lxcpp {

inline constexpr int kLastCapability = 40; // CAP_CHECKPOINT_RESTORE

// "sys_admin" (lower case, without CAP_) or a decimal number; nullopt when there is none such.
[[nodiscard]] std::optional<int> capability_number(std::string_view text) noexcept;
[[nodiscard]] std::string_view capability_name(int number) noexcept; // "" when unknown

// "nofile" as in RLIMIT_NOFILE.
[[nodiscard]] std::optional<int> rlimit_number(std::string_view name) noexcept;

// "daemon", "local0": the number as in syslog(3), already shifted.
[[nodiscard]] std::optional<int> syslog_facility(std::string_view name) noexcept;

} // namespace lxcpp
