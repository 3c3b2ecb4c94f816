// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

// What the kernel says of itself and of the calling process.
namespace lxcpp::sys {

struct SystemName { // uname(2)
    std::string release;
    std::string machine;
};
[[nodiscard]] SystemName system_name();
[[nodiscard]] std::uint64_t seconds_since_boot() noexcept; // also of sleep
[[nodiscard]] std::uint32_t current_personality() noexcept; // personality(2)
// With our effective ids, and not on a read-only file system: faccessat(2).
[[nodiscard]] bool may_write(const std::filesystem::path& path) noexcept;
// On its file system, for who is not root: statfs(2). Throws SystemError.
[[nodiscard]] std::uint64_t free_bytes(const std::filesystem::path& path);

} // namespace lxcpp::sys
