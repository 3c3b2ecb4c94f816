// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::image {

// The name of a blob: "sha256:" and 64, or "sha512:" and 128 lower-case hex digits. Nothing else is
// one, because digests become names of files.
struct OciDigest {
    std::string algorithm;
    std::string hex;

    [[nodiscard]] std::string text() const { return algorithm + ":" + hex; }
    bool operator==(const OciDigest&) const = default;
};

[[nodiscard]] std::optional<OciDigest> parse_oci_digest(std::string_view text);

} // namespace lxcpp::image
