// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lxcpp::image {

// Throws Error unless url is one that we fetch: http (when allowed) or https.
void check_url(const std::string& url, bool allow_http);
// Same scheme, host and port: credentials and extra headers are for one origin only.
[[nodiscard]] bool same_origin(const std::string& a, const std::string& b);
// The URL to go on with when from redirects to to: only http and https, never from https to http;
// user and password are kept on the same origin and dropped otherwise. Throws Error.
[[nodiscard]] std::string accept_redirect(const std::string& from, const std::string& to,
                                          bool allow_http);
// What a file is called for people: the last part of its path; of a digest the first 12 digits.
[[nodiscard]] std::string file_name(const std::string& url);

// For a value of a query: all but the unreserved characters of RFC 3986 as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

// A server, or a folder of one, below which files have their places.
struct ServerUrl {
    std::string scheme; // "https"
    std::string place;  // host or host:port, in lower case; without the scheme's own port
    std::string text;   // the whole, without '/' at the end
};
// Throws Error for what is no http or https URL, and for one with a user, a password, a query or a fragment.
[[nodiscard]] ServerUrl parse_server_url(const std::string& url);

} // namespace lxcpp::image
