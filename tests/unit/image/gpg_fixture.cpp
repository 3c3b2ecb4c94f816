// SPDX-License-Identifier: Apache-2.0
#include "gpg_fixture.h"

#include "base/strings.h"
#include "sys/file.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

namespace lxcpp::image {

Signer::Signer() : dir_("/tmp", "lxcpp-signer-") {} // short: the agent's socket lies in there

Signer::~Signer() {
    try {
        static_cast<void>(sys::run_and_capture(
            {.argv = {"gpgconf", "--homedir", home().string(), "--kill", "all"},
             .program = "/usr/bin/gpgconf"},
            std::chrono::seconds(20)));
    } catch (const std::exception&) { // the directory goes in any case
    }
}

std::string Signer::gpg(const std::vector<std::string>& arguments) {
    std::vector<std::string> argv = {"gpg",     "--homedir",       home().string(),
                                     "--batch", "--yes",           "--quiet",
                                     "--pinentry-mode", "loopback", "--passphrase", ""};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const auto result = sys::run_and_capture({.argv = argv, .program = "/usr/bin/gpg"},
                                             std::chrono::seconds(60));
    if (result.status != sys::ExitStatus{}) throw Error("gpg: " + result.output);
    return result.output;
}

Signer::Key Signer::make_key(const std::string& name, const std::string& algorithm,
                             const std::string& expire, const std::string& when) {
    std::vector<std::string> arguments;
    if (!when.empty()) arguments = {"--faked-system-time", when};
    for (const auto& word : {std::string("--quick-gen-key"), name, algorithm, std::string("sign"), expire})
        arguments.push_back(word);
    gpg(arguments);
    Key key;
    const auto listing = gpg({"--with-colons", "--list-keys", "=" + name});
    for (const auto line : split_lines(listing)) {
        const auto fields = split(line, ':');
        if (key.fingerprint.empty() && fields.front() == "fpr") key.fingerprint = fields.at(9);
    }
    key.keyring = file(key.fingerprint + ".gpg");
    export_key(key);
    return key;
}

void Signer::export_key(const Key& key) {
    gpg({"-o", key.keyring.string(), "--export", key.fingerprint});
}

// gpg keeps a ready revocation with each key it makes, disarmed by a colon.
void Signer::revoke(const Key& key) {
    auto text = sys::read_file(home() / "openpgp-revocs.d" / (key.fingerprint + ".rev"));
    text.erase(0, text.find(":-----BEGIN") + 1);
    sys::write_file_atomic(file("revocation"), text);
    gpg({"--import", file("revocation").string()});
    export_key(key);
}

std::filesystem::path Signer::armored(const Key& key) {
    const auto path = file(key.fingerprint + ".asc");
    gpg({"-o", path.string(), "--armor", "--export", key.fingerprint});
    return path;
}

std::string Signer::sign(const std::string& mode, const std::string& text,
                         const std::vector<std::string>& options) {
    sys::write_file_atomic(file("text"), text);
    std::vector<std::string> arguments = options;
    for (const auto& word : {std::string("-o"), file("signed").string(), mode, file("text").string()})
        arguments.push_back(word);
    gpg(arguments);
    return sys::read_file(file("signed"));
}

std::string Signer::clear_sign(const std::string& text, const Key& key,
                               const std::vector<std::string>& options) {
    std::vector<std::string> all = {"-u", key.fingerprint};
    all.insert(all.end(), options.begin(), options.end());
    return sign("--clearsign", text, all);
}

} // namespace lxcpp::image
