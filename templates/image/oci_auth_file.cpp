// SPDX-License-Identifier: Apache-2.0
#include "image/oci_auth_file.h"

#include "image/base64.h"
#include "image/json_document.h"
#include "image/oci_reference.h"

#include <algorithm>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr JsonLimits kLimits{.bytes = 1u << 20, .depth = 16, .values = 20'000};
constexpr std::size_t kLongestHelper = 64;
constexpr std::string_view kTokenUser = "<token>"; // says that the secret is an identity token

bool is_helper_character(char c) noexcept {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// It becomes the end of a program's name.
std::string helper_in(const JsonValue& value) {
    const std::string& name = value.text();
    const bool good = name.size() <= kLongestHelper &&
                      std::all_of(name.begin(), name.end(), is_helper_character) &&
                      !name.starts_with('.') && !name.starts_with('-');
    if (!good) value.refuse("expected the name of a credential helper");
    return name;
}

// "https://index.docker.io/v1/" is how Docker writes docker.io; others are a host by now, too.
std::string registry_of(std::string_view key) {
    const auto scheme = key.find("://");
    if (scheme != key.npos) {
        key.remove_prefix(scheme + 3);
        key = key.substr(0, key.find('/'));
    }
    while (key.ends_with('/')) key.remove_suffix(1);
    const auto host = key.substr(0, key.find('/'));
    if (host != "index.docker.io" && host != "registry-1.docker.io") return std::string(key);
    return std::string(kDockerHub) + std::string(key.substr(host.size()));
}

bool is_url(const JsonValue& entry) {
    return entry.key().find("://") != std::string::npos;
}

void take_password(const JsonValue& auth, RegistryCredentials& credentials) {
    if (auth.text().empty()) return;
    const auto decoded = decode_base64(auth.text());
    const auto colon = decoded ? decoded->find(':') : std::string::npos;
    if (!decoded || colon == std::string::npos || colon == 0)
        auth.refuse("expected base64 of USER:PASSWORD");
    if (decoded->find('\0') != std::string::npos) auth.refuse("a NUL character in USER:PASSWORD");
    credentials.user = decoded->substr(0, colon);
    credentials.password = decoded->substr(colon + 1);
}

RegistryCredentials parse_entry(const JsonValue& entry) {
    RegistryCredentials credentials;
    if (const auto auth = entry.find("auth")) take_password(*auth, credentials);
    credentials.identity_token = entry.text_or("identitytoken", "");
    return credentials;
}

// Where a helper has the secret, Docker leaves an empty entry.
bool says_something(const RegistryCredentials& credentials) noexcept {
    return credentials != RegistryCredentials{};
}

void take_registries(const JsonValue& auths, OciAuthFile& file) {
    const auto members = auths.members();
    // What is written as it is looked up counts more than what Docker wrote as a URL.
    for (const bool urls : {false, true}) {
        for (const JsonValue& entry : members) {
            if (is_url(entry) != urls) continue;
            auto credentials = parse_entry(entry);
            if (says_something(credentials))
                file.registries.emplace(registry_of(entry.key()), std::move(credentials));
        }
    }
}

// The next shorter prefix at the border of a component; false when there is none.
bool shorten(std::string& name) {
    const auto slash = name.rfind('/');
    if (slash == std::string::npos) return false;
    name.resize(slash);
    return true;
}

} // namespace

OciAuthFile parse_oci_auth_file(std::string_view text, std::string name) {
    const JsonDocument document(text, std::move(name), kLimits);
    const JsonValue root = document.root();
    OciAuthFile file;
    if (const auto auths = root.find("auths")) take_registries(*auths, file);
    if (const auto helpers = root.find("credHelpers"))
        for (const JsonValue& helper : helpers->members())
            file.helpers.emplace(registry_of(helper.key()), helper_in(helper));
    if (const auto store = root.find("credsStore")) file.default_helper = helper_in(*store);
    return file;
}

CredentialSource find_credentials(const OciAuthFile& file, std::string_view host,
                                  std::string_view repository) {
    const auto helper = file.helpers.find(std::string(host));
    if (helper != file.helpers.end() && !helper->second.empty())
        return {.credentials = {}, .helper = helper->second};
    std::string name = std::string(host) + "/" + std::string(repository);
    do {
        const auto entry = file.registries.find(name);
        if (entry != file.registries.end()) return {.credentials = entry->second, .helper = {}};
    } while (shorten(name));
    return {.credentials = {}, .helper = file.default_helper};
}

RegistryCredentials parse_helper_answer(std::string_view text, std::string name) {
    const JsonDocument document(text, std::move(name), kLimits);
    const std::string& user = document.root().at("Username").text();
    const std::string& secret = document.root().at("Secret").text();
    if (user == kTokenUser) return {.user = {}, .password = {}, .identity_token = secret};
    return {.user = user, .password = secret, .identity_token = {}};
}

} // namespace lxcpp::image
