// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_keys.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/http_url.h"
#include "image/key_list.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kArmored = "-----BEGIN PGP ";
constexpr std::size_t kLargestKey = 1u << 20;
// distrobuilder's default, which has been switched off.
constexpr std::string_view kGonePool = "hkps.pool.sks-keyservers.net";
constexpr std::string_view kSuccessor = "keyserver.ubuntu.com";

// What the layout of a recipe may have added: blanks around the lines.
std::string without_indent(std::string_view text) {
    std::string result;
    for (const std::string_view line : split_lines(text)) result.append(trim(line)) += '\n';
    return result;
}

} // namespace

std::string key_advice(std::string_view problem) {
    const auto says = [&](std::string_view words) { return problem.find(words) != std::string_view::npos; };
    if (says("key ") && says(" expired on ") && !says("signature by key"))
        return "; if its owner has prolonged it, put it into source.keys (or source.key_files) as it is published now, or its whole fingerprint, which is looked up at source.keyserver";
    if (says("not in the keyring")) return "; source.keys has other keys: add that one if you have reason to trust it";
    return {};
}

std::string full_fingerprint(std::string_view text, std::string_view what) {
    std::string hex;
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == '\n') continue;
        hex += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    if (hex.starts_with("0X")) hex.erase(0, 2);
    const bool digits = hex.find_first_not_of("0123456789ABCDEF") == std::string::npos;
    if (digits && (hex.size() == 40 || hex.size() == 64)) return hex;
    throw Error(fmt::format("{}: '{}' is neither an armored key nor a whole fingerprint (40 or 64 hex digits; shorter ids can be forged)", what,
                            printable(trim(text).substr(0, 80))));
}

std::string keyserver_url(std::string_view keyserver, std::string_view fingerprint) {
    const auto refuse = [&] { throw Error(fmt::format("source.keyserver: '{}': keys are fetched by https only; give hkps://HOST", printable(keyserver))); };
    std::string_view host = keyserver;
    const auto scheme = keyserver.find("://");
    if (scheme != std::string_view::npos) {
        const auto name = keyserver.substr(0, scheme);
        host.remove_prefix(scheme + 3);
        if (name != "https" && name != "hkps" && name != "hkp") refuse();
        const auto colon = host.find(':');
        if (name == "hkp" && colon != std::string_view::npos) {
            if (host.substr(colon) != ":80" && host.substr(colon) != ":11371") refuse();
            host = host.substr(0, colon);
        }
    }
    if (host == kGonePool) host = kSuccessor;
    const auto server = image::parse_server_url(fmt::format("https://{}", host));
    return fmt::format("{}/pks/lookup?op=get&options=mr&search=0x{}", server.text, fingerprint);
}

SourceKeys::SourceKeys(const SourceWork& work) : work_(work), directory_(work.scratch, "keys-") {
    const SourceSection& source = work.recipe.source;
    std::vector<std::string> wanted;
    for (std::size_t i = 0; i < source.keys.size(); ++i) {
        const std::string what = fmt::format("source.keys[{}]", i);
        const std::string& key = source.keys[i];
        if (key.find(kArmored) != std::string::npos) add(without_indent(key), what);
        else wanted.push_back(full_fingerprint(key, what));
    }
    for (const std::string& file : source.key_files) {
        const std::string what = fmt::format("source.key_files: {}", printable(file));
        const std::string material = with_context(what, [&] { return sys::read_file(work.directory / file, kLargestKey); });
        add(material, what);
    }
    for (const std::string& fingerprint : wanted) {
        if (!fingerprints_.contains(fingerprint)) fetch(fingerprint);
    }
}

void SourceKeys::add(std::string_view material, const std::string& what) {
    const auto found = with_context(what, [&] { return image::key_fingerprints(material, work_.scratch); });
    if (found.empty()) throw Error(what + ": holds no OpenPGP key");
    const bool armored = material.find(kArmored) != std::string_view::npos;
    auto path = directory_.path() / fmt::format("{}.{}", keyrings_.size(), armored ? "asc" : "gpg");
    sys::write_file_atomic(path, material, 0600);
    keyrings_.push_back(std::move(path));
    fingerprints_.insert(found.begin(), found.end());
}

void SourceKeys::fetch(const std::string& fingerprint) {
    const std::string url = keyserver_url(work_.recipe.source.keyserver, fingerprint);
    image::SilentProgress silent;
    const auto fetched = with_context("source.keyserver", [&] { return work_.http.fetch({.url = url, .max_bytes = kLargestKey, .missing_ok = true}, silent); });
    if (!fetched.found)
        throw Error(fmt::format("source.keys: {} has no key {}; put the key itself into source.keys, or a file with it into source.key_files",
                                image::parse_server_url(url.substr(0, url.find("/pks/"))).place, fingerprint));
    const auto found = with_context(url, [&] { return image::key_fingerprints(fetched.body, work_.scratch); });
    if (!std::ranges::all_of(found, [&](const std::string& other) { return other == fingerprint; }))
        throw Error(fmt::format("{}: brings the key {}, which is another one", url, join(found, ", ")));
    add(fetched.body, url);
}

image::VerifyOptions SourceKeys::verify_options() const { return {.keyrings = keyrings_, .fingerprints = {}, .scratch = work_.scratch}; }

} // namespace lxcpp::distro
