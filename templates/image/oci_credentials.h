// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_auth_file.h"
#include "image/oci_registry_options.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::image {

// Where to look, and how to say that a file there cannot be read.
struct CredentialSearch {
    const OciRegistryOptions& options;
    std::function<void(const std::string&)> warn; // a line
};

// The credentials for a repository: those of the first auth file that knows any; a helper is asked. nullopt: nobody
// knows, we come as nobody. The user of the options does not count here. Throws Error.
[[nodiscard]] std::optional<RegistryCredentials> find_registry_credentials(const CredentialSearch& search,
                                                                           std::string_view host,
                                                                           std::string_view repository);

// What docker-credential-NAME, a program of PATH, says of the host. nullopt: it knows none. Throws Error, also when it
// takes longer than half a minute; nothing of what it printed is in the message.
[[nodiscard]] std::optional<RegistryCredentials> ask_credential_helper(const std::string& name, std::string_view host);

} // namespace lxcpp::image
