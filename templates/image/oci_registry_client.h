// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/http.h"
#include "image/oci_auth.h"
#include "image/oci_auth_file.h"
#include "image/oci_certificates.h"
#include "image/oci_registries.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lxcpp::image {

struct RegistryAccess {
    RegistryPlace place;
    std::optional<RegistryCredentials> credentials;
    RegistryCertificates certificates;
    std::function<void(const std::string&)> warn; // a line
    std::vector<std::string> unread; // lines about where credentials could be, and we may not look
};

// Requests to one repository of one registry (OCI distribution-spec): over https, or http where the administrator
// says "insecure"; with a token or a password once the registry asks for it.
class RegistryClient {
public:
    RegistryClient(RegistryAccess access, HttpClient& http) : access_(std::move(access)), http_(http) {}

    // "manifests/latest" into memory. Throws Error with what the registry says.
    [[nodiscard]] Fetched get(const std::string& path, std::uint64_t max_bytes, const std::string& accept = {});
    // Fills in url, headers and certificates, and fetches; url holds the path before. done is told of those that came.
    void get_all(std::vector<Fetch> fetches, ProgressSink& progress, std::string_view phase, const FetchDone& done);

    [[nodiscard]] const RegistryPlace& place() const noexcept { return access_.place; }
    [[nodiscard]] bool encrypted() const noexcept { return scheme_ != "http"; }
    [[nodiscard]] std::string url(const std::string& path) const;

private:
    [[nodiscard]] Fetched try_get(const std::string& path, std::uint64_t max_bytes, const std::string& accept);
    void complete(Fetch& fetch) const;
    void show_certificates(Fetch& fetch) const;
    void find_scheme();
    [[noreturn]] void refuse(const Fetched& answer, bool with_password) const;
    void authorize(const Fetched& refused);
    [[nodiscard]] std::string token_for(const AuthChallenge& bearer);
    [[nodiscard]] Fetched ask_for_token(const TokenRequest& request);
    [[nodiscard]] bool same_host(const std::string& other) const;
    [[nodiscard]] std::string basic() const; // a header's value; empty: we have no password

    RegistryAccess access_;
    HttpClient& http_;
    std::string scheme_ = "https";
    bool scheme_known_ = false;
    std::string authorization_; // a header's value
};

// What a registry's refusal says, for people: "404 Not Found: MANIFEST_UNKNOWN: manifest unknown".
[[nodiscard]] std::string describe_refusal(const Fetched& refused);

} // namespace lxcpp::image
