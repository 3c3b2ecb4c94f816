// SPDX-License-Identifier: Apache-2.0
#include "image/http_url.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/strings.h"
#include "image/c_handle.h"
#include "image/http.h"
#include "store/image_record.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <curl/curl.h>
#include <fmt/core.h>
#include <memory>
#include <string_view>

namespace lxcpp::image {

namespace {

using Url = std::unique_ptr<CURLU, Deleter<curl_url_cleanup>>;
using UrlPart = std::unique_ptr<char, Deleter<curl_free>>;

Url parse_url(const std::string& text) {
    Url url(curl_url());
    if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
        throw Error("not a valid URL");
    return url;
}

std::string url_part(const Url& url, CURLUPart part, unsigned flags = 0) {
    char* raw = nullptr;
    if (curl_url_get(url.get(), part, &raw, flags) != CURLUE_OK) return {};
    return UrlPart(raw).get();
}

std::string origin(const Url& url) {
    return fmt::format("{}://{}:{}", url_part(url, CURLUPART_SCHEME),
                       url_part(url, CURLUPART_HOST),
                       url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT));
}

void check_scheme(const Url& url, bool allow_http) {
    const auto scheme = url_part(url, CURLUPART_SCHEME);
    if (scheme == "https" || (scheme == "http" && allow_http)) return;
    throw Error(fmt::format("{} URLs are not fetched, only {}", printable(scheme),
                            allow_http ? "http and https" : "https"));
}

} // namespace

void check_url(const std::string& url, bool allow_http) {
    check_scheme(parse_url(url), allow_http);
}

bool same_origin(const std::string& a, const std::string& b) {
    return origin(parse_url(a)) == origin(parse_url(b));
}

std::string accept_redirect(const std::string& from, const std::string& to, bool allow_http) {
    if (to.empty()) throw Error("the server redirects without saying where to");
    const auto old_url = parse_url(from);
    const auto new_url = with_context("redirect", [&] { return parse_url(to); });
    if (url_part(old_url, CURLUPART_SCHEME) == "https" &&
        url_part(new_url, CURLUPART_SCHEME) == "http")
        throw Error(fmt::format("redirects from https to http ({})", display_url(to)));
    with_context("redirect", [&] { check_scheme(new_url, allow_http); });
    const bool same = same_origin(from, to);
    for (const auto part : {CURLUPART_USER, CURLUPART_PASSWORD}) {
        const auto value = same ? url_part(old_url, part) : std::string();
        curl_url_set(new_url.get(), part, value.empty() ? nullptr : value.c_str(), 0);
    }
    return url_part(new_url, CURLUPART_URL);
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kOthers = "-._~";
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kOthers.find(c) != kOthers.npos;
        if (plain) encoded += c;
        else encoded += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return encoded;
}

ServerUrl parse_server_url(const std::string& text) {
    const auto url = parse_url(text);
    check_scheme(url, true);
    for (const auto part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT})
        if (!url_part(url, part).empty())
            throw Error("the address of a server has no user, password, query or fragment");
    ServerUrl server{.scheme = url_part(url, CURLUPART_SCHEME), .place = {}, .text = {}};
    const auto port = url_part(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
    server.place = ascii_lower(url_part(url, CURLUPART_HOST)) + (port.empty() ? "" : ":" + port);
    server.text = fmt::format("{}://{}{}", server.scheme, server.place, url_part(url, CURLUPART_PATH));
    while (server.text.ends_with('/')) server.text.pop_back();
    return server;
}

std::string file_name(const std::string& url) {
    const std::string_view path = std::string_view(url).substr(0, url.find_first_of("?#"));
    std::string_view name = path.substr(path.rfind('/') + 1);
    if (const auto colon = name.find(':'); colon != name.npos && is_fingerprint(name.substr(colon + 1))) name.remove_prefix(colon + 1);
    return is_fingerprint(name) ? short_fingerprint(name) : printable(name);
}

std::string display_url(const std::string& url) {
    const auto scheme = url.find("://");
    if (scheme == std::string::npos) return printable(url);
    const auto begin = scheme + 3;
    const auto end = std::min(url.find_first_of("/?#", begin), url.size());
    const auto at = url.rfind('@', end);
    if (at == std::string::npos || at < begin || at >= end) return printable(url);
    return printable(url.substr(0, begin) + url.substr(at + 1));
}

} // namespace lxcpp::image
