// SPDX-License-Identifier: Apache-2.0
#include "image/sign.h"

#include "base/strings.h"
#include "image/gpg_context.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <utility>

namespace lxcpp::image {
namespace {

using gpg::check;
using gpg::Context;
using gpg::Data;
using gpg::Key;

Key find_key(gpgme_ctx_t context, const std::string& name) {
    gpgme_key_t found = nullptr;
    const auto error = gpgme_get_key(context, name.c_str(), &found, 1);
    switch (gpgme_err_code(error)) {
    case GPG_ERR_NO_ERROR: return Key(found);
    case GPG_ERR_EOF:
    case GPG_ERR_INV_VALUE: // no name of a key at all
        throw Error(fmt::format("there is no secret key '{}' in the GnuPG home: 'gpg --list-secret-keys' shows what is there", printable(name)));
    case GPG_ERR_AMBIGUOUS_NAME: throw Error(fmt::format("there are several secret keys '{}': give the whole fingerprint", printable(name)));
    default: throw Error(fmt::format("look for the secret key '{}': {}", printable(name), gpgme_strerror(error)));
    }
}

void require_fit(const gpgme_key_t key) {
    const char* reason = key->revoked ? "is revoked" : key->expired ? "has expired" : key->disabled ? "is disabled" : key->can_sign ? nullptr : "is none to sign with";
    if (reason != nullptr) throw Error(fmt::format("the key {} {}", key->fpr, reason));
}

} // namespace

struct DocumentSigner::State {
    Context context;
    std::string fingerprint;

    [[nodiscard]] std::string sign(std::string_view text, gpgme_sig_mode_t mode) const {
        gpgme_data_t raw = nullptr;
        check(gpgme_data_new_from_mem(&raw, text.data(), text.size(), 0), "hold data");
        const Data in(raw);
        check(gpgme_data_new(&raw), "hold data");
        Data out(raw);
        check(gpgme_op_sign(context.get(), in.get(), out.get(), mode), fmt::format("sign as {}", fingerprint));
        std::size_t size = 0;
        char* bytes = gpgme_data_release_and_get_mem(out.release(), &size);
        std::string result(bytes, size);
        gpgme_free(bytes);
        return result;
    }
};

DocumentSigner::DocumentSigner(std::string_view key) : state_(std::make_unique<State>()) {
    gpg::initialise();
    gpgme_ctx_t raw = nullptr;
    check(gpgme_new(&raw), "start to sign");
    state_->context.reset(raw);
    gpgme_set_offline(raw, 1);
    gpgme_set_armor(raw, 1);
    const Key found = find_key(raw, std::string(key));
    require_fit(found.get());
    state_->fingerprint = found->fpr;
    check(gpgme_signers_add(raw, found.get()), "start to sign");
    (void)detached(""); // the agent runs and has the passphrase, before there is work that could be lost
}

DocumentSigner::DocumentSigner(DocumentSigner&&) noexcept = default;
DocumentSigner::~DocumentSigner() = default;
const std::string& DocumentSigner::fingerprint() const noexcept { return state_->fingerprint; }
std::string DocumentSigner::detached(std::string_view text) const { return state_->sign(text, GPGME_SIG_MODE_DETACH); }
std::string DocumentSigner::clear(std::string_view text) const { return state_->sign(text, GPGME_SIG_MODE_CLEAR); }

} // namespace lxcpp::image
