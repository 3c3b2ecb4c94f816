// SPDX-License-Identifier: Apache-2.0
#include "image/oci_registry_client.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/base64.h"
#include "image/http_url.h"
#include "image/json_document.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::uint64_t kLargestToken = 1u << 20;
constexpr std::size_t kLongestMessage = 300;

std::vector<AuthChallenge> challenges_of(const Fetched& refused) {
    std::vector<AuthChallenge> all;
    for (const std::string& header : refused.challenges)
        for (AuthChallenge& challenge : parse_challenges(header)) all.push_back(std::move(challenge));
    return all;
}

// 401, or 403 when the token is for too little.
bool wants_authorization(const Fetched& refused) {
    if (refused.found || refused.challenges.empty()) return false;
    if (refused.status == 401) return true;
    return refused.status == 403 && std::ranges::any_of(refused.challenges, [](const std::string& header) {
               return header.find("insufficient_scope") != header.npos;
           });
}

std::string first_error(const JsonValue& root) {
    const auto errors = root.find("errors");
    if (!errors) return root.text_or("message", root.text_or("details", ""));
    std::string text;
    for (const JsonValue& error : errors->items()) {
        if (!text.empty()) text += "; ";
        const auto message = error.text_or("message", "");
        text += error.text_or("code", "error") + (message.empty() ? "" : ": " + message);
    }
    return text;
}

// The JSON of a registry, or whatever stands there.
std::string message_of(const std::string& body) {
    try {
        const JsonDocument document(body, "answer");
        return first_error(document.root());
    } catch (const Error&) {
        return body.find('<') == 0 ? std::string() : std::string(trim(body)); // a page of HTML says nothing
    }
}

} // namespace

std::string describe_refusal(const Fetched& refused) {
    const std::string words = refused.status == 401   ? " Unauthorized"
                              : refused.status == 403 ? " Forbidden"
                              : refused.status == 404 ? " Not Found"
                                                      : "";
    const std::string message = printable(message_of(refused.body).substr(0, kLongestMessage));
    return fmt::format("{}{}{}", refused.status, words, message.empty() ? "" : ": " + message);
}

void RegistryClient::refuse(const Fetched& answer, bool with_password) const {
    std::string text = describe_refusal(answer);
    if (answer.status == 401 || answer.status == 403) {
        if (!access_.credentials && access_.warn) std::ranges::for_each(access_.unread, access_.warn);
        text += with_password ? "; the registry does not accept the user and password, or they may not read this"
                              : "; there is no such image, or it is not for everybody: log in, or give --username";
    }
    throw Error(text);
}

std::string RegistryClient::url(const std::string& path) const {
    return fmt::format("{}://{}/v2/{}/{}", scheme_, registry_endpoint(access_.place.host), access_.place.repository, path);
}

void RegistryClient::complete(Fetch& fetch) const {
    fetch.url = url(fetch.url);
    fetch.refusal_ok = true;
    show_certificates(fetch);
    if (!authorization_.empty()) fetch.headers.push_back("Authorization: " + authorization_);
}

void RegistryClient::show_certificates(Fetch& fetch) const {
    fetch.ca_certificates = access_.certificates.authorities;
    fetch.client_certificate = access_.certificates.client;
    fetch.client_key = access_.certificates.client_key;
}

Fetched RegistryClient::try_get(const std::string& path, std::uint64_t max_bytes, const std::string& accept) {
    Fetch fetch{.url = path, .max_bytes = max_bytes};
    if (!accept.empty()) fetch.headers.push_back("Accept: " + accept);
    complete(fetch);
    SilentProgress silent;
    return http_.fetch(fetch, silent);
}

// https where it is spoken; else http, if that is allowed here.
void RegistryClient::find_scheme() {
    if (std::exchange(scheme_known_, true) || !access_.place.insecure) return;
    SilentProgress silent;
    const std::string ping = registry_endpoint(access_.place.host) + "/v2/";
    std::string reason;
    for (const char* scheme : {"https", "http"}) {
        try {
            Fetch fetch{.url = fmt::format("{}://{}", scheme, ping), .max_bytes = kLargestToken, .refusal_ok = true};
            show_certificates(fetch);
            (void)http_.fetch(fetch, silent);
            scheme_ = scheme;
            return;
        } catch (const Error& error) {
            reason += fmt::format("{}{}", reason.empty() ? "" : "; ", error.what());
        }
    }
    scheme_known_ = false;
    throw Error(reason);
}

Fetched RegistryClient::get(const std::string& path, std::uint64_t max_bytes, const std::string& accept) {
    find_scheme();
    Fetched answer = try_get(path, max_bytes, accept); // what fails in there names the URL itself
    if (wants_authorization(answer)) {
        with_context(url(path), [&] { authorize(answer); });
        answer = try_get(path, max_bytes, accept);
    }
    if (!answer.found) with_context(url(path), [&] { refuse(answer, access_.credentials.has_value()); });
    return answer;
}

void RegistryClient::get_all(std::vector<Fetch> fetches, ProgressSink& progress, std::string_view phase,
                             const FetchDone& done) {
    find_scheme();
    std::vector<std::size_t> places(fetches.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    for (bool again = false;; again = true) {
        std::vector<Fetch> batch;
        for (const std::size_t place : places) complete(batch.emplace_back(fetches[place]));
        const auto results = http_.fetch_all(batch, progress, phase, [&](std::size_t i, const Fetched& one) {
            if (one.found) done(places[i], one);
        });
        std::vector<std::size_t> refused;
        const Fetched* last = nullptr;
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (results[i].found) continue;
            refused.push_back(places[i]);
            last = &results[i];
        }
        if (refused.empty()) return;
        with_context(url(fetches[refused.back()].url), [&] {
            if (again || !wants_authorization(*last)) refuse(*last, access_.credentials.has_value());
            authorize(*last); // a token lives for a minute or some
        });
        places = std::move(refused);
    }
}

std::string RegistryClient::basic() const {
    if (!access_.credentials || access_.credentials->user.empty()) return {};
    return "Basic " + encode_base64(access_.credentials->user + ":" + access_.credentials->password);
}

void RegistryClient::authorize(const Fetched& refused) {
    const auto challenges = challenges_of(refused);
    if (const AuthChallenge* bearer = find_challenge(challenges, "bearer")) {
        authorization_ = "Bearer " + token_for(*bearer);
        return;
    }
    if (find_challenge(challenges, "basic") == nullptr)
        throw Error("the registry asks for a way to log in that is not known: " + printable(refused.challenges.front().substr(0, 100)));
    authorization_ = basic();
    if (authorization_.empty()) refuse(refused, false);
}

std::string RegistryClient::token_for(const AuthChallenge& bearer) {
    const TokenRequest request = token_request(bearer, {.registry = access_.place.host,
                                                        .repository = access_.place.repository,
                                                        .insecure = access_.place.insecure && scheme_ == "http"});
    const Fetched answer = ask_for_token(request);
    return parse_token_response(answer.body, display_url(request.url)).token;
}

Fetched RegistryClient::ask_for_token(const TokenRequest& request) {
    SilentProgress silent;
    const bool ours = request.may_have_password && access_.credentials;
    if (access_.credentials && !ours && access_.warn)
        access_.warn(fmt::format("{} sends us to {} for a token; that is not its own, so that it gets no password",
                                 access_.place.host, display_url(request.url.substr(0, request.url.find('?')))));
    Fetch fetch{.url = request.url, .max_bytes = kLargestToken, .refusal_ok = true};
    if (same_host(request.url)) show_certificates(fetch);
    if (ours && !access_.credentials->identity_token.empty()) {
        const auto query = request.url.find('?');
        Fetch post = fetch;
        post.url = request.url.substr(0, query);
        post.post = request.url.substr(query + 1) + "&grant_type=refresh_token&client_id=lxcpp&refresh_token=" +
                    percent_encoded(access_.credentials->identity_token);
        Fetched answer = http_.fetch(post, silent);
        if (answer.found) return answer;
        if (answer.status != 404 && answer.status != 405) refuse(answer, true); // those know no such request
    }
    if (ours && !basic().empty()) {
        fetch.url += "&account=" + percent_encoded(access_.credentials->user);
        fetch.headers.push_back("Authorization: " + basic());
    }
    Fetched answer = http_.fetch(fetch, silent);
    if (!answer.found) with_context("token from " + display_url(request.url.substr(0, request.url.find('?'))), [&] { refuse(answer, ours); });
    return answer;
}

bool RegistryClient::same_host(const std::string& other) const {
    return same_origin(other, url("x"));
}

} // namespace lxcpp::image
