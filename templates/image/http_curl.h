// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>
#include <string>

namespace lxcpp::image {

// Throws Error "libcurl: …" unless it worked.
void check_curl(CURLcode code);

// A failure that may be gone the next time; detail is what CURLOPT_ERRORBUFFER holds.
[[nodiscard]] bool is_transient_failure(CURLcode code, const char* detail) noexcept;

// A failure in words.
[[nodiscard]] std::string describe_failure(CURLcode code, const char* detail);

// Certificates are always checked. Against the system's authorities, or those that the environment
// names, as other programs do it: CURL_CA_BUNDLE or SSL_CERT_FILE (a file), SSL_CERT_DIR.
void set_tls(CURL* easy);

// And against these (PEM), besides the system's.
void trust(CURL* easy, const std::string& certificates);

// Shows the server that we are who has this key (both PEM).
void identify(CURL* easy, const std::string& certificate, const std::string& key);

} // namespace lxcpp::image
