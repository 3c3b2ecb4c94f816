// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

// Notes of ours that a later command believes. Who could plant one would choose the process that is entered, killed or
// called running (attack H1), so that they count only when root or we have written them.
namespace lxcpp::sys {

// As read_file_if_exists. Throws Error when it is no regular file, belongs to somebody else, or others may write to it.
[[nodiscard]] std::optional<std::string> read_own_file_if_exists(const std::filesystem::path& path, std::size_t limit);

// Who is at the other end of this connection: throws Error unless it is root or our own user.
void require_own_peer(FdRef socket, const std::string& what);

} // namespace lxcpp::sys
