// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/sha256.h"

#include <lxcpp/error.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::image {

// The content of a file is not what its digest says.
class DigestError : public Error {
    using Error::Error;
};

// Lower-case form of 64 hex digits; Error naming what when it is anything else.
[[nodiscard]] std::string check_sha256(std::string_view hex, std::string_view what);

// Digest of the rest of the file from its current offset.
[[nodiscard]] std::string sha256_of(FdRef file, std::string_view what);

// Opens a regular file (links refused), hashes it and returns it at offset 0, so that what is read
// next is what was checked. nullopt when it does not exist. DigestError "PATH: sha256 is X, expected Y".
[[nodiscard]] std::optional<Fd> open_verified(const std::filesystem::path& path,
                                              std::string_view sha256);

} // namespace lxcpp::image
