// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// One challenge of a WWW-Authenticate header (RFC 7235).
struct AuthChallenge {
    std::string scheme;                            // in small letters: "bearer", "basic"
    std::map<std::string, std::string> parameters; // names in small letters
    std::string token;                             // what some schemes have instead of parameters

    bool operator==(const AuthChallenge&) const = default;
};

// All challenges of one header. Throws Error for what is not of that grammar.
[[nodiscard]] std::vector<AuthChallenge> parse_challenges(std::string_view header);
// The first one of the scheme, or nullptr.
[[nodiscard]] const AuthChallenge* find_challenge(std::span<const AuthChallenge> challenges,
                                                  std::string_view scheme) noexcept;

// For what a token is asked.
struct TokenWish {
    std::string registry; // "docker.io", "localhost:5000", as in the reference
    std::string repository;
    bool insecure = false; // the administrator allows http for this registry
};

struct TokenRequest {
    std::string url;
    // The realm is the registry's own, so that the registry's password may be sent there; to any
    // other the request goes without.
    bool may_have_password = false;

    bool operator==(const TokenRequest&) const = default;
};

// Where to get the token that a bearer challenge asks for: the realm, with its service and the
// scope "repository:NAME:pull", whatever the challenge says. Throws Error for a realm that is no
// https URL.
[[nodiscard]] TokenRequest token_request(const AuthChallenge& bearer, const TokenWish& wish);

struct BearerToken {
    std::string token;
    std::chrono::seconds lifetime{60};

    bool operator==(const BearerToken&) const = default;
};

// What the realm answers. Throws Error for a token that could not stand in a header. The token is
// in no message.
[[nodiscard]] BearerToken parse_token_response(std::string_view text, std::string name);

} // namespace lxcpp::image
