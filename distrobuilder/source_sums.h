// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/source.h"

#include <string>
#include <string_view>

namespace lxcpp::distro {

// The digest of a file in a list of checksums as servers write them: "HASH  NAME", "HASH *NAME", "SHA256 (NAME) = HASH",
// and such lines under headings like "# SHA512 HASH". Where no line has the name, one with a path that ends in it counts.
// any_name: the list has one digest of the kind, and that is it. Lower-case hex. Throws Error when there is none, or two that differ.
[[nodiscard]] std::string listed_digest(std::string_view list, std::string_view name, Digest kind, bool any_name = false);

// "sha256"
[[nodiscard]] std::string_view digest_name(Digest kind) noexcept;

} // namespace lxcpp::distro
