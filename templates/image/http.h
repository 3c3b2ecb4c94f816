// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/progress.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// One thing to fetch by http or https. With a destination the body goes to that file (its directory
// must exist and be ours); without, it is kept in memory.
struct Fetch {
    std::string url;
    std::filesystem::path destination;
    std::optional<std::uint64_t> size;  // exact size expected
    std::optional<std::string> sha256;  // 64 hex digits
    std::optional<std::string> sha512;  // instead: 128 lower-case ones
    std::uint64_t max_bytes = 1u << 30; // enforced while receiving, also when size is unknown
    bool missing_ok = false;            // 404 and 410 give found = false instead of an Error
    std::vector<std::string> headers;   // "Name: value"; sent to the host of url only
    // Of the version that is here already: when the server still has that, nothing is transferred.
    std::string etag;
    std::string last_modified;
    std::optional<std::string> post;    // a form to send; never sent on to where an answer redirects
    bool refusal_ok = false;            // 4xx gives found = false and what the server says of it
    std::string ca_certificates;        // PEM, trusted besides the system's; for the host of url only
    std::string client_certificate;     // PEM, to say who we are; shown to the host of url only
    std::string client_key;             // PEM
};

struct Fetched {
    bool found = true;
    bool kept = false;    // the destination already held these bytes; nothing was transferred
    bool unchanged = false; // the server still has the version that Fetch names; there is no body
    std::string body;     // of a fetch into memory
    std::uint64_t size = 0;
    std::string sha256;   // of the bytes received, lower case hex; empty when they were checked by sha512
    std::string final_url; // after redirects, without user and password
    std::string etag;      // strong ones only
    std::string last_modified;
    int status = 0;        // of the last answer; 0 when kept
    std::string content_type;
    std::vector<std::string> challenges; // WWW-Authenticate
};

// Told of each fetch of a batch as soon as it is complete, by its place; may throw to end them all.
using FetchDone = std::function<void(std::size_t, const Fetched&)>;

struct HttpOptions {
    unsigned connections = 8; // at the same time
    unsigned retries = 3;     // of transient failures: 5xx, 429, connection lost, time-outs
    std::chrono::milliseconds connect_timeout{20'000};
    std::chrono::milliseconds first_backoff{500}; // doubles with each retry
    std::chrono::seconds longest_wait{60};        // when a server says Retry-After; more is an Error
    std::chrono::seconds stall_time{30};          // give up when slower than stall_rate for so long
    long stall_rate = 1024;                       // bytes per second
    bool allow_http = true; // false: https only
};

// A libcurl client with connections kept open over its lifetime. Speaks http and https only, at most
// five redirects, never from https to http, no cookies, .netrc or .curlrc; obeys http_proxy,
// https_proxy and no_proxy. Certificates are always checked.
class HttpClient {
public:
    explicit HttpClient(HttpOptions options = {});
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;
    ~HttpClient();

    // Fetches everything in parallel and returns the results in the same order. A file is received
    // as DESTINATION.part, which a later call resumes when the server still has the same version,
    // and renamed once its size and digest are right; wrong bytes are deleted. A destination that
    // already has the wanted sha256 is kept (re-hashed, its time set to now). The first failure stops
    // all: Error "fetch URL: REASON".
    std::vector<Fetched> fetch_all(std::span<const Fetch> fetches, ProgressSink& progress,
                                   std::string_view phase = "Downloading", const FetchDone& done = {});
    Fetched fetch(const Fetch& fetch, ProgressSink& progress, std::string_view phase = "Downloading");

private:
    struct State;
    std::unique_ptr<State> state_;
};

// The URL without user and password, fit for messages.
[[nodiscard]] std::string display_url(const std::string& url);

} // namespace lxcpp::image
