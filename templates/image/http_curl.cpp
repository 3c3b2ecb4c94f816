// SPDX-License-Identifier: Apache-2.0
#include "image/http_curl.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <array>
#include <cstdlib>
#include <fmt/core.h>
#include <string_view>

namespace lxcpp::image {

namespace {

// nullptr when unset or empty.
const char* environment(const char* name) noexcept {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : nullptr;
}

// How OpenSSL tells what the other side refuses, which may be after the handshake.
constexpr std::string_view kAlert = " alert ";
constexpr std::array<std::string_view, 2> kWantsCertificate = {"alert certificate required", "alert bad certificate"};

} // namespace

void check_curl(CURLcode code) {
    if (code != CURLE_OK) throw Error(fmt::format("libcurl: {}", curl_easy_strerror(code)));
}

bool is_transient_failure(CURLcode code, const char* detail) noexcept {
    if (std::string_view(detail).find(kAlert) != std::string_view::npos) return false;
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return true;
    default: return false;
    }
}

std::string describe_failure(CURLcode code, const char* detail) {
    for (const std::string_view alert : kWantsCertificate)
        if (std::string_view(detail).find(alert) != std::string_view::npos)
            return "the server wants to see a certificate of ours that it knows (for registries: NAME.cert and NAME.key in certs.d)";
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return "could not resolve host";
    case CURLE_COULDNT_RESOLVE_PROXY: return "could not resolve the proxy";
    case CURLE_OPERATION_TIMEDOUT: return "timed out";
    case CURLE_GOT_NOTHING: return "the server closed the connection without an answer";
    case CURLE_PARTIAL_FILE: return "the connection was closed before the end of the file";
    default: break;
    }
    const auto text = printable(trim(detail));
    return text.empty() ? curl_easy_strerror(code) : text;
}

void set_tls(CURL* easy) {
    check_curl(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L));
    check_curl(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L));
    const char* bundle = environment("CURL_CA_BUNDLE");
    if (bundle == nullptr) bundle = environment("SSL_CERT_FILE");
    if (bundle != nullptr) check_curl(curl_easy_setopt(easy, CURLOPT_CAINFO, bundle));
    if (const char* directory = environment("SSL_CERT_DIR")) {
        check_curl(curl_easy_setopt(easy, CURLOPT_CAPATH, directory));
    }
}

namespace {

curl_blob blob_of(const std::string& text) noexcept {
    return {.data = const_cast<char*>(text.data()), .len = text.size(), .flags = CURL_BLOB_COPY};
}

} // namespace

void identify(CURL* easy, const std::string& certificate, const std::string& key) {
    curl_blob first = blob_of(certificate);
    curl_blob second = blob_of(key);
    check_curl(curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &first));
    check_curl(curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &second));
}

// They take the place of the file of authorities; Debian has the system's as a directory too.
void trust(CURL* easy, const std::string& certificates) {
    curl_blob blob = blob_of(certificates);
    check_curl(curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob));
    check_curl(curl_easy_setopt(easy, CURLOPT_CAPATH, "/etc/ssl/certs"));
}

} // namespace lxcpp::image
