// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::image {

// How to prove to a registry who we are: a name and a password, or a token that buys tokens.
struct RegistryCredentials {
    std::string user;
    std::string password;
    std::string identity_token;

    bool operator==(const RegistryCredentials&) const = default;
};

// What is known about one registry: the credentials, or the helper (docker-credential-NAME) that
// has them, or neither.
struct CredentialSource {
    std::optional<RegistryCredentials> credentials;
    std::string helper;

    bool operator==(const CredentialSource&) const = default;
};

// containers-auth.json(5), and Docker's config.json, as far as it is about registries.
struct OciAuthFile {
    std::map<std::string, RegistryCredentials> registries; // by host, or host/repository
    std::map<std::string, std::string> helpers;            // by host
    std::string default_helper;

    bool operator==(const OciAuthFile&) const = default;
};

// name begins errors; nothing of a password is in them. Throws Error, also for a helper whose name
// could be a path.
[[nodiscard]] OciAuthFile parse_oci_auth_file(std::string_view text, std::string name);

// The helper of the host; else the entry of the longest prefix of host/repository that ends where a
// component does; else the helper for all.
[[nodiscard]] CredentialSource find_credentials(const OciAuthFile& file, std::string_view host,
                                                std::string_view repository);

// What a helper prints for "get". Throws Error.
[[nodiscard]] RegistryCredentials parse_helper_answer(std::string_view text, std::string name);

} // namespace lxcpp::image
