// SPDX-License-Identifier: Apache-2.0
#include "image/verify.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/gpg_context.h"
#include "image/verify_cleartext.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <fmt/core.h>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace lxcpp::image {

namespace {

using gpg::borrow;
using gpg::check;
using gpg::Context;
using gpg::Data;
using gpg::Key;

constexpr std::size_t kMaxMessage = 64u << 20;
constexpr std::size_t kMaxKeyring = 1u << 20;   // a flooded certificate is bigger
constexpr std::size_t kMaxSignature = 1u << 20;
constexpr std::time_t kClockTolerance = 3600;
constexpr std::chrono::milliseconds kTimeForFile{15 * 60'000};

[[noreturn]] void refuse(std::string_view reason) {
    throw Error(fmt::format("signature refused: {}", reason));
}

std::string date(std::time_t time) {
    std::tm parts = {};
    if (gmtime_r(&time, &parts) == nullptr) return "an impossible date";
    std::array<char, 32> text;
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

// A GNUPGHOME of its own. A gpg that was given up may go on for a moment: at the end its home has another name, so that it
// makes no file in there while it is removed.
class Home {
public:
    explicit Home(const std::filesystem::path& scratch) : dir_(scratch, "lxcpp-gpg-"), path_(dir_.path() / "home") { sys::make_dir(path_, 0700); }
    Home(const Home&) = delete;
    Home& operator=(const Home&) = delete;
    ~Home() {
        try {
            sys::rename_noreplace(path_, dir_.path() / "gone");
        } catch (const std::exception&) { // it is removed all the same
        }
    }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    sys::TempDir dir_;
    std::filesystem::path path_;
};

// Cancels the work on a context that lasts too long; gpg may meet input that keeps it busy.
class Deadline {
public:
    Deadline(gpgme_ctx_t context, std::chrono::milliseconds timeout)
        : end_(std::chrono::steady_clock::now() + timeout),
          watcher_([this, context](const std::stop_token& stop) { watch(context, stop); }) {}

    void check_not_over() const {
        if (std::chrono::steady_clock::now() >= end_) refuse("the check took too long");
    }

private:
    void watch(gpgme_ctx_t context, const std::stop_token& stop) {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any wake;
        auto next = end_;
        // More than once: work that has not begun yet does not see a cancel.
        while (!wake.wait_until(lock, stop, next, [&] { return stop.stop_requested(); })) {
            if (stop.stop_requested()) return;
            gpgme_cancel_async(context);
            next += std::chrono::milliseconds(20);
        }
    }

    std::chrono::steady_clock::time_point end_;
    std::jthread watcher_; // last: stopped and joined first
};

std::string take_text(Data data) {
    std::size_t size = 0;
    const std::unique_ptr<char, Deleter<gpgme_free>> bytes(
        gpgme_data_release_and_get_mem(data.release(), &size));
    return size == 0 ? std::string() : std::string(bytes.get(), size);
}

// Importing merges what several keyrings say of one key, revocations included.
bool import_keyring(gpgme_ctx_t context, const std::filesystem::path& path) {
    const auto bytes = sys::read_file(path, kMaxKeyring);
    const auto data = borrow(bytes);
    const auto error = gpgme_op_import(context, data.get());
    const auto* result = gpgme_op_import_result(context);
    return error == 0 && result != nullptr && result->considered > 0;
}

// Upper-case hex without blanks. Short ids can be forged, so they are not accepted.
std::string full_fingerprint(std::string_view text) {
    std::string hex;
    for (char c : text) {
        if (c == ' ') continue;
        hex += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    const bool digits = hex.find_first_not_of("0123456789ABCDEF") == std::string::npos;
    if (!digits || (hex.size() != 40 && hex.size() != 64))
        throw Error(fmt::format("fingerprint '{}': give all 40 or 64 hex digits of the primary key",
                                printable(text)));
    return hex;
}

Key find_key(gpgme_ctx_t context, const char* fingerprint) {
    gpgme_key_t raw = nullptr;
    if (fingerprint == nullptr || gpgme_get_key(context, fingerprint, &raw, 0) != 0) return nullptr;
    return Key(raw);
}

std::optional<std::string> weak_hash(gpgme_hash_algo_t hash) {
    switch (hash) {
    case GPGME_MD_SHA256:
    case GPGME_MD_SHA384:
    case GPGME_MD_SHA512: return std::nullopt;
    default: {
        const char* name = gpgme_hash_algo_name(hash);
        return fmt::format("the hash {} is too weak", name != nullptr ? name : "of unknown kind");
    }
    }
}

std::optional<std::string> weak_key(const gpgme_subkey_t key) {
    const bool finite_field = key->pubkey_algo == GPGME_PK_RSA ||
                              key->pubkey_algo == GPGME_PK_RSA_S ||
                              key->pubkey_algo == GPGME_PK_DSA;
    const bool curve = key->pubkey_algo == GPGME_PK_ECDSA || key->pubkey_algo == GPGME_PK_EDDSA;
    if (finite_field && key->length >= 2048) return std::nullopt;
    if (curve && key->length >= 255) return std::nullopt;
    const char* name = gpgme_pubkey_algo_name(key->pubkey_algo);
    return fmt::format("key {} is too weak ({} of {} bits)", key->fpr,
                       name != nullptr ? name : "unknown kind", key->length);
}

// Why the primary key or the subkey that signed cannot be relied on.
std::optional<std::string> key_problem(const gpgme_subkey_t key) {
    if (key->revoked) return fmt::format("key {} was revoked", key->fpr);
    if (key->expired) return fmt::format("key {} expired on {}", key->fpr, date(key->expires));
    if (key->invalid || key->disabled) return fmt::format("key {} is not valid", key->fpr);
    return weak_key(key);
}

struct Judgement {
    std::string problem; // empty: good
    Verified verified;
};

std::string key_name(const gpgme_key_t key, const gpgme_signature_t signature) {
    if (key != nullptr) return key->subkeys->fpr;
    return signature->fpr != nullptr ? signature->fpr : "without name";
}

// The verdict of gpg in words; nullopt when it found the signature itself good.
std::optional<std::string> signature_problem(const gpgme_signature_t signature,
                                             const gpgme_key_t key) {
    const std::string name = key_name(key, signature);
    if (signature->wrong_key_usage) return fmt::format("key {} is not a signing key", name);
    switch (gpgme_err_code(signature->status)) {
    case GPG_ERR_NO_ERROR: return std::nullopt;
    case GPG_ERR_NO_PUBKEY: return fmt::format("key {} is not in the keyring", name);
    case GPG_ERR_CERT_REVOKED: return fmt::format("key {} was revoked", name);
    case GPG_ERR_SIG_EXPIRED:
        return fmt::format("the signature by key {} expired on {}", name,
                           date(static_cast<std::time_t>(signature->exp_timestamp)));
    case GPG_ERR_KEY_EXPIRED: {
        const std::time_t when = key != nullptr ? key->subkeys->expires : 0;
        return when == 0 ? fmt::format("key {} expired", name)
                         : fmt::format("key {} expired on {}", name, date(when));
    }
    default: return fmt::format("key {}: {}", name, gpgme_strerror(signature->status));
    }
}

std::optional<std::string> policy_problem(const gpgme_signature_t signature, const gpgme_key_t key,
                                          std::span<const std::string> accepted) {
    const gpgme_subkey_t primary = key->subkeys;
    if (!accepted.empty() && std::find(accepted.begin(), accepted.end(), primary->fpr) ==
                                 accepted.end())
        return fmt::format("key {} is not one of the accepted keys", primary->fpr);
    if (auto weak = weak_hash(signature->hash_algo)) return weak;
    if (auto problem = key_problem(primary)) return problem;

    gpgme_subkey_t signer = primary;
    while (signer != nullptr && std::string_view(signer->fpr) != signature->fpr)
        signer = signer->next;
    if (signer == nullptr) return fmt::format("key {} does not own the signature", primary->fpr);
    if (!signer->can_sign) return fmt::format("key {} is not a signing key", signer->fpr);
    if (auto problem = key_problem(signer)) return problem;

    if (static_cast<std::time_t>(signature->timestamp) > std::time(nullptr) + kClockTolerance)
        return fmt::format("the signature by key {} is of {}, in the future (check the clock)",
                           primary->fpr, date(static_cast<std::time_t>(signature->timestamp)));
    return std::nullopt;
}

Judgement judge(gpgme_ctx_t context, const gpgme_signature_t signature,
                std::span<const std::string> accepted) {
    const Key key = find_key(context, signature->fpr);
    if (auto problem = signature_problem(signature, key.get())) return {*problem, {}};
    if (key == nullptr) return {"the key that signed is not in the keyring", {}};
    if (auto problem = policy_problem(signature, key.get(), accepted)) return {*problem, {}};
    Judgement good;
    good.verified.fingerprint = key->subkeys->fpr;
    if (key->uids != nullptr && key->uids->uid != nullptr) good.verified.user_id = key->uids->uid;
    good.verified.signed_at = static_cast<std::time_t>(signature->timestamp);
    return good;
}


// One good signature by a listed key is needed; a bad one spoils all.
Verified decide(gpgme_ctx_t context, std::span<const std::string> accepted) {
    gpgme_verify_result_t result = gpgme_op_verify_result(context);
    if (result == nullptr || result->signatures == nullptr) refuse("there is no signature");
    gpgme_result_ref(result); // looking keys up replaces the context's result
    const std::unique_ptr<void, Deleter<gpgme_result_unref>> hold(result);

    for (auto* signature = result->signatures; signature != nullptr; signature = signature->next)
        if (gpgme_err_code(signature->status) == GPG_ERR_BAD_SIGNATURE)
            refuse(fmt::format("the content was changed after it was signed (bad signature by {})",
                               signature->fpr != nullptr ? signature->fpr : "an unknown key"));
    std::optional<Verified> good;
    std::vector<std::string> problems;
    for (auto* signature = result->signatures; signature != nullptr; signature = signature->next) {
        auto judgement = judge(context, signature, accepted);
        if (!judgement.problem.empty())
            problems.push_back(std::move(judgement.problem));
        else if (!good)
            good = std::move(judgement.verified);
    }
    if (!good) refuse(join(problems, "; "));
    return *std::move(good);
}

// signed_data nullptr: message is inline-signed, and the text comes out of the verifier.
Verified verify(std::string_view signature, const Data& signed_data, const VerifyOptions& options) {
    if (options.keyrings.empty()) throw Error("signature check: no keyring is given");
    std::vector<std::string> accepted;
    for (const auto& text : options.fingerprints) accepted.push_back(full_fingerprint(text));

    const auto scratch = options.scratch.empty() ? std::filesystem::temp_directory_path() : options.scratch;
    const Home home(scratch);
    const Context context = gpg::make_private_context(home.path());
    const Deadline deadline(context.get(), options.timeout);
    for (const auto& keyring : options.keyrings) {
        const bool found = import_keyring(context.get(), keyring);
        deadline.check_not_over();
        if (!found) throw Error(fmt::format("keyring {}: holds no OpenPGP key", keyring.string()));
    }

    const auto signature_bytes = borrow(signature);
    auto text = signed_data == nullptr ? gpg::make_buffer() : nullptr;
    const auto error =
        gpgme_op_verify(context.get(), signature_bytes.get(), signed_data.get(), text.get());
    deadline.check_not_over();
    if (gpgme_err_code(error) == GPG_ERR_NO_DATA) refuse("there is no signature");
    if (error != 0) refuse(gpgme_strerror(error));
    auto verified = decide(context.get(), accepted);
    if (text != nullptr) verified.text = take_text(std::move(text));
    return verified;
}

void check_size(std::string_view bytes, std::size_t limit, std::string_view what) {
    if (bytes.size() > limit)
        refuse(fmt::format("the {} has {} bytes, the limit is {}", what, bytes.size(), limit));
}

} // namespace

Verified verify_inline(std::string_view message, const VerifyOptions& options) {
    check_size(message, kMaxMessage, "message");
    check_cleartext_frame(message);
    return verify(message, nullptr, options);
}

Verified verify_detached(std::string_view data, std::string_view signature,
                         const VerifyOptions& options) {
    check_size(data, kMaxMessage, "signed file");
    check_size(signature, kMaxSignature, "signature");
    auto verified = verify(signature, borrow(data), options);
    verified.text = data;
    return verified;
}

Verified verify_detached(FdRef file, std::string_view signature, const VerifyOptions& options) {
    check_size(signature, kMaxSignature, "signature");
    gpg::initialise();
    auto patient = options;
    patient.timeout = std::max(options.timeout, kTimeForFile);
    gpgme_data_t raw = nullptr;
    check(gpgme_data_new_from_fd(&raw, file.raw()), "hold data");
    return verify(signature, Data(raw), patient);
}

} // namespace lxcpp::image
