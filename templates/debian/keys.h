// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "debian/options.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::debian {

enum class KeyKind { OpenPgp, Ssh };

// The key files that the user gave. LXC's template takes an SSH key for --auth-key; we take a further
// key of the archive too.
struct Keys {
    std::optional<std::string> keyring; // content of --keyring
    std::optional<std::string> auth_key;
    KeyKind auth_kind = KeyKind::OpenPgp;
};

// Throws Error naming the option and the file: unreadable, a private key, or no key at all.
[[nodiscard]] Keys read_keys(const Options& options);

// Those that the host has of Debian's archive, and ours: either may know newer keys than the other. Throws Error when
// there are none.
[[nodiscard]] std::vector<std::filesystem::path> host_keyrings(const Paths& paths);

// "asc" for an armored OpenPGP key, else "gpg": apt tells them apart by it.
[[nodiscard]] std::string_view key_suffix(std::string_view key) noexcept;

} // namespace lxcpp::debian
