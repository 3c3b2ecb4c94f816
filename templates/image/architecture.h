// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::image {

// One processor architecture under the names that it has elsewhere.
struct Architecture {
    std::string_view debian;  // also what image servers say: "amd64", "armhf"
    std::string_view machine; // uname(2) and lxc.arch: "x86_64", "armv7l"
    std::string_view oci;     // GOARCH: "amd64", "arm"
    std::string_view variant; // of the OCI platform: "v7"; mostly empty

    bool operator==(const Architecture&) const = default;
};

// By any name that is in use for it (LXC's, Debian's, the kernel's); nullopt for one not known.
[[nodiscard]] std::optional<Architecture> find_architecture(std::string_view name) noexcept;

// By what an OCI platform says; a variant that says nothing about the ABI ("v8", "v2") is accepted.
[[nodiscard]] std::optional<Architecture> find_oci_architecture(std::string_view architecture,
                                                                std::string_view variant) noexcept;

// Debian's name for it, or the name itself when it is not known.
[[nodiscard]] std::string debian_architecture(std::string_view name);

} // namespace lxcpp::image
