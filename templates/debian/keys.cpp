// SPDX-License-Identifier: Apache-2.0
#include "debian/keys.h"

#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <fmt/core.h>

namespace lxcpp::debian {
namespace {

constexpr std::size_t kMaxKeyFile = 1u << 20;
constexpr std::string_view kKeyringName = "debian-archive-keyring";
constexpr std::string_view kArmor = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

std::string read_key(std::string_view option, const std::filesystem::path& file, bool mapped) {
    try {
        return sys::read_file(file, kMaxKeyFile);
    } catch (const SystemError& error) {
        if (error.code() == ENOENT) throw Error(fmt::format("{} {}: no such file", option, file.string()));
        if (error.code() != EACCES || !mapped) throw;
        throw Error(fmt::format("{} {}: the template works with the container's ids and may not read it: make the "
                                "file, and the directories above it, readable for all", option, file.string()));
    }
}

bool is_ssh_key(std::string_view text) {
    for (const auto line : split_lines(text)) {
        const auto words = split_words(line);
        if (words.empty() || words[0].starts_with('#')) continue;
        for (const auto word : words) { // options may stand before the type
            if (word.starts_with("ssh-") || word.starts_with("ecdsa-sha2-") || word.starts_with("sk-ssh-") ||
                word.starts_with("sk-ecdsa-")) {
                return true;
            }
        }
        return false;
    }
    return false;
}

// The first byte of an OpenPGP packet of a public key (RFC 4880, 4.2): old or new format, tag 6.
bool is_openpgp_key(std::string_view text) {
    if (text.find(kArmor) != text.npos) return true;
    const auto first = text.empty() ? 0u : static_cast<unsigned char>(text.front());
    return (first & 0xfcu) == 0x98u || first == 0xc6u;
}

} // namespace

Keys read_keys(const Options& options) {
    Keys keys;
    if (options.keyring) keys.keyring = read_key("--keyring", *options.keyring, options.mapped);
    if (!options.auth_key) return keys;
    keys.auth_key = read_key("--auth-key", *options.auth_key, options.mapped);
    const std::string_view text = *keys.auth_key;
    const auto refuse = [&](std::string_view why) {
        throw Error(fmt::format("--auth-key {}: {}", options.auth_key->string(), why));
    };
    if (text.find("PRIVATE KEY") != text.npos) refuse("this is a private key; give the public one");
    if (is_openpgp_key(text)) {
        keys.auth_kind = KeyKind::OpenPgp;
    } else if (is_ssh_key(text)) {
        keys.auth_kind = KeyKind::Ssh;
        if (!text.ends_with('\n')) *keys.auth_key += '\n';
    } else {
        refuse("neither an OpenPGP nor an SSH public key");
    }
    return keys;
}

std::string_view key_suffix(std::string_view key) noexcept {
    return key.find(kArmor) != key.npos ? "asc" : "gpg";
}

std::vector<std::filesystem::path> host_keyrings(const Paths& paths) {
    std::vector<std::filesystem::path> result;
    const auto add = [&](const std::filesystem::path& directory, std::string_view suffix) {
        auto file = directory / fmt::format("{}{}", kKeyringName, suffix);
        if (sys::exists(file)) result.push_back(std::move(file));
    };
    add("/usr/share/keyrings", ".pgp");
    if (result.empty()) add("/usr/share/keyrings", ".gpg");
    add(paths.data / "config/keyrings", ".gpg");
    if (result.empty()) {
        throw Error("there are no keys to verify Debian's archive with: install debian-archive-keyring, "
                    "or give --keyring FILE");
    }
    return result;
}

} // namespace lxcpp::debian
