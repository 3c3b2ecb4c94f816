// SPDX-License-Identifier: Apache-2.0
#include "image/oci_auth.h"

#include "base/ascii.h"
#include "base/strings.h"
#include "image/http_url.h"
#include "image/json_document.h"
#include "image/oci_reference.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::image {
namespace {

constexpr std::size_t kLongestHeader = 16u << 10;
constexpr std::size_t kMostChallenges = 16;
constexpr std::size_t kLongestUrl = 4096;
constexpr std::size_t kLongestToken = 64u << 10;
constexpr JsonLimits kTokenLimits{.bytes = 1u << 20, .depth = 8, .values = 1000};
constexpr std::uint64_t kShortestLifetime = 60; // what a registry means that says nothing, or less
constexpr std::uint64_t kLongestLifetime = 86400;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool is_letter_or_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}
bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}
bool is_visible(char c) noexcept {
    return c > ' ' && c < 0x7f;
}
bool contains(std::string_view set, char c) noexcept {
    return set.find(c) != set.npos;
}

// RFC 7230's "token", and RFC 7235's "token68" but for its padding.
bool is_token_character(char c) noexcept {
    return is_letter_or_digit(c) || contains("!#$%&'*+-.^_`|~", c);
}
bool is_token68_character(char c) noexcept {
    return is_letter_or_digit(c) || contains("-._~+/", c);
}

// Reads a header from left to right. Commas stand between challenges and between the parameters of
// one, so what a word is, is seen from what follows it.
class ChallengeReader {
public:
    explicit ChallengeReader(std::string_view text) : rest_(text) {}

    std::vector<AuthChallenge> read() {
        std::vector<AuthChallenge> challenges;
        skip_commas();
        while (!rest_.empty()) {
            if (challenges.size() == kMostChallenges) refuse("too many challenges");
            challenges.push_back(challenge());
        }
        if (challenges.empty()) refuse("no challenge");
        return challenges;
    }

private:
    [[noreturn]] static void refuse(std::string_view problem) {
        throw Error(fmt::format("WWW-Authenticate: {}", problem));
    }

    template <typename Test>
    std::string_view take_while(Test test) {
        const auto* end = std::find_if_not(rest_.begin(), rest_.end(), test);
        const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(taken.size());
        return taken;
    }
    bool skip_blanks() { return !take_while(is_blank).empty(); }
    void skip_commas() {
        take_while([](char c) { return is_blank(c) || c == ','; });
    }
    bool take(char wanted) {
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    AuthChallenge challenge() {
        AuthChallenge challenge;
        challenge.scheme = ascii_lower(take_while(is_token_character));
        if (challenge.scheme.empty()) refuse("expected the name of a scheme");
        const bool more = skip_blanks();
        if (rest_.empty()) return challenge;
        if (more && take_token68(challenge)) return challenge;
        if (!more || !take_parameter(challenge)) {
            end_element();
            return challenge;
        }
        do end_element();
        while (take_parameter(challenge));
        return challenge;
    }

    // The commas behind a parameter, or a scheme that has none; or the end of all.
    void end_element() {
        skip_blanks();
        if (!rest_.empty() && !take(',')) refuse("expected a comma");
        skip_commas();
    }

    // One word up to the comma or the end; "name=value" is a parameter and no padding.
    bool take_token68(AuthChallenge& challenge) {
        const auto before = rest_;
        const auto word = take_while(is_token68_character);
        take_while([](char c) { return c == '='; });
        const auto length = before.size() - rest_.size();
        skip_blanks();
        if (word.empty() || (!rest_.empty() && !rest_.starts_with(','))) {
            rest_ = before;
            return false;
        }
        challenge.token = before.substr(0, length);
        skip_commas();
        return true;
    }

    // "name = value"; a word without '=' is the next challenge's scheme and stays.
    bool take_parameter(AuthChallenge& challenge) {
        const auto before = rest_;
        const std::string name = ascii_lower(take_while(is_token_character));
        skip_blanks();
        if (name.empty() || !take('=')) {
            rest_ = before;
            return false;
        }
        skip_blanks();
        const auto [place, is_new] = challenge.parameters.emplace(name, value());
        if (!is_new) refuse(fmt::format("{} stands there twice", name));
        return true;
    }

    std::string value() {
        if (take('"')) return quoted();
        const auto word = take_while(is_token_character);
        if (word.empty()) refuse("a parameter without a value");
        return std::string(word);
    }

    std::string quoted() {
        std::string text;
        while (!take('"')) {
            if (rest_.starts_with('\\')) rest_.remove_prefix(1);
            if (rest_.empty()) refuse("a quote that does not end");
            const auto byte = static_cast<unsigned char>(rest_.front());
            if ((byte < ' ' && byte != '\t') || byte == 0x7f) refuse("a control character");
            text += rest_.front();
            rest_.remove_prefix(1);
        }
        return text;
    }

    std::string_view rest_;
};

struct Realm {
    std::string scheme;
    std::string host; // without the port
    std::string port; // "443" where none is named
};

[[noreturn]] void refuse_realm(std::string_view realm, std::string_view problem) {
    throw Error(fmt::format("the registry sends us to \"{}\" for a token: {}",
                            printable(realm.substr(0, 200)), problem));
}

// "[::1]:5000" -> "[::1]", "5000".
std::pair<std::string, std::string> host_and_port(std::string_view authority,
                                                  std::string_view scheme) {
    const auto colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
    const std::string standard = scheme == "https" ? "443" : "80";
    if (colon == authority.npos) return {ascii_lower(authority), standard};
    return {ascii_lower(authority.substr(0, colon)), std::string(authority.substr(colon + 1))};
}

// Who reads the URL after us must see the same host in it.
bool is_plain_host(std::string_view host) noexcept {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto good = [&](char c) {
        return is_letter_or_digit(c) || contains(bracketed ? ".:" : ".-", c);
    };
    return !host.empty() && std::all_of(host.begin(), host.end(), good);
}

bool is_plain_port(std::string_view port) noexcept {
    return !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
}

Realm parse_realm(std::string_view url, bool insecure) {
    if (url.size() > kLongestUrl) refuse_realm(url, "too long");
    if (!std::all_of(url.begin(), url.end(), is_visible) ||
        url.find_first_of("\\\"<>#") != url.npos)
        refuse_realm(url, "not a URL");
    const auto end = url.find("://");
    const std::string scheme = end == url.npos ? std::string() : ascii_lower(url.substr(0, end));
    if (scheme != "https" && !(insecure && scheme == "http"))
        refuse_realm(url, "only https is used");
    const auto rest = url.substr(end + 3);
    const auto authority = rest.substr(0, rest.find_first_of("/?"));
    if (authority.find('@') != authority.npos) refuse_realm(url, "with a user name in it");
    const auto [host, port] = host_and_port(authority, scheme);
    if (!is_plain_host(host) || !is_plain_port(port)) refuse_realm(url, "not a URL");
    return {scheme, host, port};
}

bool is_address(std::string_view host) noexcept {
    return host.starts_with('[') ||
           std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
}

// The registry itself; or the domain that it stands in (registry.gitlab.com asks gitlab.com), whose
// owner has given the registry its name; or Docker's, which is known. Nobody else gets its
// password.
bool is_own_realm(const Realm& realm, std::string_view registry) {
    if (registry == kDockerHub)
        return realm.scheme == "https" && realm.host == "auth.docker.io" && realm.port == "443";
    const auto [host, port] = host_and_port(registry, realm.scheme);
    if (host == realm.host) return port == realm.port;
    const bool in_domain =
        host.ends_with("." + realm.host) && realm.host.find('.') != std::string::npos;
    return realm.scheme == "https" && realm.port == "443" && in_domain && !is_address(host);
}

std::string parameter(const AuthChallenge& challenge, const std::string& name) {
    const auto found = challenge.parameters.find(name);
    return found == challenge.parameters.end() ? std::string() : found->second;
}

// Only what we want ourselves: a token for more would be of use to who gets hold of it.
std::string scope_for(const TokenWish& wish) {
    return "repository:" + wish.repository + ":pull";
}

} // namespace

std::vector<AuthChallenge> parse_challenges(std::string_view header) {
    if (header.size() > kLongestHeader) throw Error("WWW-Authenticate: too long");
    return ChallengeReader(trim(header)).read();
}

const AuthChallenge* find_challenge(std::span<const AuthChallenge> challenges,
                                    std::string_view scheme) noexcept {
    for (const AuthChallenge& challenge : challenges)
        if (challenge.scheme == scheme) return &challenge;
    return nullptr;
}

TokenRequest token_request(const AuthChallenge& bearer, const TokenWish& wish) {
    const std::string realm = parameter(bearer, "realm");
    if (realm.empty())
        throw Error("the registry asks for a token and does not say where to get it");
    const Realm parts = parse_realm(realm, wish.insecure);
    std::string url = realm;
    url += realm.find('?') == realm.npos ? '?' : '&';
    const std::string service = parameter(bearer, "service");
    if (!service.empty()) url += "service=" + percent_encoded(service) + "&";
    url += "scope=" + percent_encoded(scope_for(wish));
    return {.url = std::move(url), .may_have_password = is_own_realm(parts, wish.registry)};
}

BearerToken parse_token_response(std::string_view text, std::string name) {
    const JsonDocument document(text, std::move(name), kTokenLimits);
    const JsonValue root = document.root();
    auto value = root.find("token");
    if (!value || value->text().empty()) value = root.at("access_token");
    const std::string& token = value->text();
    if (token.empty() || token.size() > kLongestToken ||
        !std::all_of(token.begin(), token.end(), is_visible))
        value->refuse("cannot be sent in a header");
    BearerToken bearer{.token = token};
    if (const auto lifetime = root.find("expires_in"))
        bearer.lifetime = std::chrono::seconds(
            std::clamp(lifetime->count(), kShortestLifetime, kLongestLifetime));
    return bearer;
}

} // namespace lxcpp::image
