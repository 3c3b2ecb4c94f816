// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace lxcpp::image {

// Why a path that a server's document names is not followed: it must be relative, stay below the
// root of that server whatever reads it (a URL, a file system) and need no escaping. nullopt: fine.
[[nodiscard]] std::optional<std::string_view>
problem_of_server_path(std::string_view path) noexcept;

// One component of such a path: the name of a distribution, a release, a build.
[[nodiscard]] bool is_server_word(std::string_view word) noexcept;

// Whether text is the sha256 that we compare and use as a name: 64 lower-case hex digits.
[[nodiscard]] bool is_sha256(std::string_view text) noexcept;

} // namespace lxcpp::image
