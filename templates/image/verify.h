// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

struct VerifyOptions {
    std::vector<std::filesystem::path> keyrings; // OpenPGP keys, binary (.gpg, .pgp) or armored (.asc)
    // 40 or 64 hex digits each (blanks allowed): only signatures by these primary keys count.
    // Empty: by any primary key of the keyrings.
    std::vector<std::string> fingerprints;
    std::chrono::milliseconds timeout{30'000}; // for the whole check
    std::filesystem::path scratch;             // for the private home; empty: the system's
};

struct Verified {
    std::string text;        // exactly the bytes that were signed; use nothing else
    std::string fingerprint; // of the primary key, in full
    std::string user_id;     // for display only: never a reason to trust
    std::time_t signed_at = 0;
};

// Both work in a private GNUPGHOME that is gone afterwards, start no agent and use no network. They
// accept only if at least one good signature is by a listed key, none is bad, and neither the
// signature, its hash and key algorithm, nor the key and its expiry or revocation speak against it.
// Signatures by keys that are not in the keyrings are ignored. Throws Error with the reason.

// A clear-signed message such as InRelease. Anything but blank lines outside the signed block, and
// more than one block, is refused.
[[nodiscard]] Verified verify_inline(std::string_view message, const VerifyOptions& options);
// data with the content of its separate signature file (binary or armored).
[[nodiscard]] Verified verify_detached(std::string_view data, std::string_view signature,
                                       const VerifyOptions& options);
// The same of a file, from its offset to its end and however long; text stays empty, and use nothing but this file.
[[nodiscard]] Verified verify_detached(FdRef file, std::string_view signature, const VerifyOptions& options);

} // namespace lxcpp::image
