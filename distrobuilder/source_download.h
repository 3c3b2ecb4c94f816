// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "distrobuilder/root_source.h"

#include <filesystem>
#include <optional>
#include <string>

namespace lxcpp::distro {

// Where a file:// URL leads; nullopt for others. A relative one begins at the recipe's directory.
[[nodiscard]] std::optional<std::filesystem::path> local_path(const std::string& url, const std::filesystem::path& directory);

// A small file in memory; nullopt when it is not there. Of a local directory its listing.
[[nodiscard]] std::optional<std::string> fetch_small(const SourceWork& work, const std::string& url);

// The file of that sha256 at offset 0, hashed through the descriptor: the cache's, else fetched into it, or a copy of a
// local one: nobody but us writes it. Throws Error, also when it is another one.
[[nodiscard]] Fd open_by_sha256(const SourceWork& work, const std::string& url, const std::string& sha256);
// The same by sha512. The cache's names are sha256 digests: such a file is named after that of "sha512:HEX".
[[nodiscard]] Fd open_by_sha512(const SourceWork& work, const std::string& url, const std::string& sha512);
// Throws Error "WHAT: sha512 is …" unless all of the file, which is then at offset 0, has that digest.
void require_sha512(FdRef file, const std::string& sha512, const std::string& what);

// Of what nobody has told the digest: what the server has now, which is not fetched again while the server says that it is
// the same. Returns its sha256, by which the cache has it then. Builds at the same time fetch it once.
[[nodiscard]] std::string fetch_newest(const SourceWork& work, const std::string& url);
// The same of a local file: a copy.
[[nodiscard]] std::string copy_local(const SourceWork& work, const std::string& url);

} // namespace lxcpp::distro
