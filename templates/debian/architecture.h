// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::debian {

// Debian's name for the architecture that this program was built for.
[[nodiscard]] std::string_view native_architecture() noexcept;

// "amd64" -> "x86_64": what lxc.arch and uname(2) call it.
[[nodiscard]] std::string_view machine_name(std::string_view architecture) noexcept;

// Debian's name for what the user wrote, which may be uname(2)'s; nullopt for one not known.
[[nodiscard]] std::optional<std::string_view> parse_architecture(std::string_view name) noexcept;

// "amd64, arm64, ...": for messages.
[[nodiscard]] std::string known_architectures();

// Whether this machine runs programs of the architecture: the native one, or tried with a tiny
// program that is written to scratch (an own directory) for it.
[[nodiscard]] bool can_run(std::string_view architecture, const std::filesystem::path& scratch);

} // namespace lxcpp::debian
