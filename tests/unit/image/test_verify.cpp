// SPDX-License-Identifier: Apache-2.0
#include "image/verify.h"

#include "gpg_fixture.h"
#include "base/error.h"
#include "base/strings.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>

using namespace lxcpp;
using namespace lxcpp::image;
using lxcpp::test::error_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

const std::string kText = "Origin: Test\n- dashed\nSuite: stable\n";

} // namespace

// Keys take time to make, so all tests share the common ones.
class VerifyTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        signer_ = new Signer();
        good_ = signer_->make_key("good");
        stranger_ = signer_->make_key("stranger");
    }
    static void TearDownTestSuite() { delete signer_; }

    void SetUp() override {
        scratch_.emplace("/tmp", "lxcpp-verify-");
        ::setenv("TMPDIR", scratch_->path().c_str(), 1);
    }
    void TearDown() override {
        EXPECT_THAT(sys::list_dir(scratch_->path()), IsEmpty()) << "the GNUPGHOME stayed";
        for (const auto& [pid, line] : processes_with(scratch_->path().string())) {
            const auto process = sys::open_pidfd(pid); // a cancelled gpg needs a moment to notice
            EXPECT_TRUE(!process || sys::wait_exited(*process, std::chrono::seconds(10))) << line;
        }
        ::unsetenv("TMPDIR");
        ::unsetenv("GNUPGHOME");
    }

    static std::map<pid_t, std::string> processes_with(const std::string& word) {
        std::map<pid_t, std::string> found;
        for (const auto& name : sys::list_dir("/proc")) {
            const auto pid = parse_u64(name);
            if (!pid) continue;
            std::string line;
            try {
                line = sys::read_file_if_exists("/proc/" + name + "/cmdline").value_or("");
            } catch (const lxcpp::Error&) { // it ended between open and read
            }
            if (line.find(word) != std::string::npos) found[static_cast<pid_t>(*pid)] = line;
        }
        return found;
    }

    static VerifyOptions by(const Signer::Key& key) { return {.keyrings = {key.keyring}}; }
    static std::string refusal(const std::string& message, const VerifyOptions& options) {
        return error_of([&] { return verify_inline(message, options); });
    }

    static Signer* signer_;
    static Signer::Key good_;
    static Signer::Key stranger_;
    std::optional<sys::TempDir> scratch_;
};

Signer* VerifyTest::signer_ = nullptr;
Signer::Key VerifyTest::good_;
Signer::Key VerifyTest::stranger_;

TEST_F(VerifyTest, InlineGivesTheSignedText) {
    const auto before = std::time(nullptr) - 60;
    const auto verified = verify_inline(signer_->clear_sign(kText, good_), by(good_));
    EXPECT_EQ(verified.text, kText);
    EXPECT_EQ(verified.fingerprint, good_.fingerprint);
    EXPECT_EQ(verified.user_id, "good");
    EXPECT_GE(verified.signed_at, before);
}

TEST_F(VerifyTest, DetachedWorksBinaryAndArmored) {
    for (const auto& armor : {std::vector<std::string>{}, std::vector<std::string>{"--armor"}}) {
        auto options = armor;
        options.insert(options.end(), {"-u", good_.fingerprint});
        const auto signature = signer_->sign("--detach-sign", kText, options);
        EXPECT_EQ(verify_detached(kText, signature, by(good_)).text, kText);
        EXPECT_THAT(error_of([&] { return verify_detached(kText + "x", signature, by(good_)); }),
                    HasSubstr("signature refused: the content was changed after it was signed"));
    }
}

TEST_F(VerifyTest, KeyringsMayBeArmoredAndSeveral) {
    const auto message = signer_->clear_sign(kText, good_);
    const VerifyOptions options = {.keyrings = {stranger_.keyring, signer_->armored(good_)}};
    EXPECT_EQ(verify_inline(message, options).fingerprint, good_.fingerprint);

    const auto joined = signer_->file("joined.asc");
    sys::write_file_atomic(joined, sys::read_file(signer_->armored(stranger_)) +
                                       sys::read_file(signer_->armored(good_)));
    EXPECT_EQ(verify_inline(message, {.keyrings = {joined}}).fingerprint, good_.fingerprint);
}

TEST_F(VerifyTest, RefusesTamperedText) {
    auto message = signer_->clear_sign(kText, good_);
    message.replace(message.find("stable"), 6, "staple");
    EXPECT_THAT(refusal(message, by(good_)),
                AllOf(HasSubstr("the content was changed after it was signed"),
                      HasSubstr(good_.fingerprint.substr(24))));
}

TEST_F(VerifyTest, RefusesUnknownKey) {
    EXPECT_EQ(refusal(signer_->clear_sign(kText, stranger_), by(good_)),
              "signature refused: key " + stranger_.fingerprint + " is not in the keyring");
}

TEST_F(VerifyTest, RefusesKeyThatIsNotAccepted) {
    VerifyOptions options = {.keyrings = {good_.keyring, stranger_.keyring},
                             .fingerprints = {good_.fingerprint}};
    EXPECT_EQ(refusal(signer_->clear_sign(kText, stranger_), options),
              "signature refused: key " + stranger_.fingerprint + " is not one of the accepted keys");
    EXPECT_EQ(verify_inline(signer_->clear_sign(kText, good_), options).text, kText);
}

TEST_F(VerifyTest, OneGoodSignatureIsEnoughUnlessAnotherIsBad) {
    const auto both = signer_->clear_sign(kText, good_, {"-u", stranger_.fingerprint});
    EXPECT_EQ(verify_inline(both, by(good_)).fingerprint, good_.fingerprint);
    EXPECT_EQ(verify_inline(both, by(stranger_)).fingerprint, stranger_.fingerprint);

    // A good and a bad signature over one file: two detached signatures, one of another text.
    const auto sign = [](const std::string& text, const Signer::Key& key) {
        return signer_->sign("--detach-sign", text, {"-u", key.fingerprint});
    };
    const auto mixed = sign(kText, good_) + sign("other", stranger_);
    EXPECT_THAT(error_of([&] {
                    return verify_detached(
                        kText, mixed, {.keyrings = {good_.keyring, stranger_.keyring}});
                }),
                HasSubstr("the content was changed after it was signed"));
}

// A user id is a claim: anybody can make a key with that of another.
TEST_F(VerifyTest, AKeyOfTheSameNameIsAnotherKey) {
    Signer other;
    const auto impostor = other.make_key("stranger");
    const auto message = other.clear_sign(kText, impostor);
    const VerifyOptions options{.keyrings = {stranger_.keyring, impostor.keyring}, .fingerprints = {stranger_.fingerprint}};
    EXPECT_THAT(refusal(message, options), HasSubstr(impostor.fingerprint + " is not one of the accepted keys"));
}

TEST_F(VerifyTest, RefusesShortFingerprints) {
    auto options = by(good_);
    for (const auto& text : {good_.fingerprint.substr(24), std::string("0x1234"), std::string()}) {
        options.fingerprints = {text};
        EXPECT_THAT(refusal(signer_->clear_sign(kText, good_), options),
                    HasSubstr("give all 40 or 64 hex digits of the primary key"));
    }
    std::string spaced;
    for (std::size_t i = 0; i < good_.fingerprint.size(); i += 4)
        spaced += good_.fingerprint.substr(i, 4) + ' ';
    for (char& c : spaced) c = static_cast<char>(std::tolower(c));
    options.fingerprints = {spaced};
    EXPECT_EQ(verify_inline(signer_->clear_sign(kText, good_), options).text, kText);
}

TEST_F(VerifyTest, RefusesExpiredKey) {
    const auto key = signer_->make_key("expired key", "ed25519", "1y", "20200101T000000!");
    const auto message =
        signer_->clear_sign(kText, key, {"--faked-system-time", "20200201T000000!"});
    EXPECT_EQ(refusal(message, by(key)),
              "signature refused: key " + key.fingerprint + " expired on 2020-12-31");
}

TEST_F(VerifyTest, RefusesExpiredSignature) {
    const auto key = signer_->make_key("old key", "ed25519", "0", "20200101T000000!");
    const auto message = signer_->clear_sign(
        kText, key, {"--faked-system-time", "20200201T000000!", "--default-sig-expire", "10d"});
    EXPECT_EQ(refusal(message, by(key)), "signature refused: the signature by key " +
                                             key.fingerprint + " expired on 2020-02-11");
}

TEST_F(VerifyTest, RefusesSignatureFromTheFuture) {
    const auto message =
        signer_->clear_sign(kText, good_, {"--faked-system-time", "20700101T000000!"});
    EXPECT_THAT(refusal(message, by(good_)), HasSubstr("in the future (check the clock)"));
}

TEST_F(VerifyTest, RefusesRevokedKeyAlsoWhenOnlyTheSecondKeyringKnows) {
    const auto key = signer_->make_key("revoked");
    const auto message = signer_->clear_sign(kText, key);
    const auto before = signer_->file("before.gpg");
    sys::write_file_atomic(before, sys::read_file(key.keyring));
    EXPECT_EQ(verify_inline(message, {.keyrings = {before}}).text, kText);
    signer_->revoke(key);
    const auto expected = "signature refused: key " + key.fingerprint + " was revoked";
    EXPECT_EQ(refusal(message, by(key)), expected);
    EXPECT_EQ(refusal(message, {.keyrings = {before, key.keyring}}), expected);
}

TEST_F(VerifyTest, RefusesWeakHashAndWeakKeys) {
    const auto rsa = signer_->make_key("rsa", "rsa2048");
    EXPECT_EQ(verify_inline(signer_->clear_sign(kText, rsa), by(rsa)).text, kText);
    EXPECT_EQ(refusal(signer_->clear_sign(kText, rsa, {"--digest-algo", "SHA1"}), by(rsa)),
              "signature refused: the hash SHA1 is too weak");
    const auto small = signer_->make_key("small", "rsa1024");
    EXPECT_EQ(refusal(signer_->clear_sign(kText, small), by(small)),
              "signature refused: key " + small.fingerprint + " is too weak (RSA of 1024 bits)");
}

TEST_F(VerifyTest, RefusesWhatIsNotSigned) {
    EXPECT_THAT(refusal(kText, by(good_)), HasSubstr("not a clear-signed message"));
    const std::string frame = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" + kText;
    EXPECT_THAT(refusal(frame, by(good_)), HasSubstr("signature refused: line"));
    EXPECT_THAT(error_of([&] { return verify_detached(kText, "", by(good_)); }),
                HasSubstr("there is no signature"));
    EXPECT_THAT(error_of([&] { return verify_detached(kText, "rubbish", by(good_)); }),
                HasSubstr("signature refused: "));
}

TEST_F(VerifyTest, RefusesASignedMessageInPlaceOfADetachedSignature) {
    const auto clear = signer_->clear_sign(kText, good_);
    EXPECT_THAT(error_of([&] { return verify_detached(kText, clear, by(good_)); }),
                HasSubstr("signature refused: "));
    EXPECT_THAT(error_of([&] { return verify_detached("other text", clear, by(good_)); }),
                HasSubstr("signature refused: "));
    const auto packed = signer_->sign("--sign", kText, {"-u", good_.fingerprint});
    EXPECT_THAT(error_of([&] { return verify_detached("other text", packed, by(good_)); }),
                HasSubstr("signature refused: "));
    EXPECT_THAT(refusal(packed, by(good_)), HasSubstr("signature refused: "));
}

TEST_F(VerifyTest, RefusesTextAroundTheBlock) {
    const auto message = signer_->clear_sign(kText, good_);
    EXPECT_THAT(refusal("Origin: evil\n\n" + message, by(good_)), HasSubstr("text stands before it"));
    EXPECT_THAT(refusal(message + "Origin: evil\n", by(good_)),
                HasSubstr("text stands after the signed block"));
    EXPECT_THAT(refusal(message + message, by(good_)),
                HasSubstr("text stands after the signed block"));
}

TEST_F(VerifyTest, FilesOfAnyLength) {
    const std::string text(3u << 20, 'x');
    const auto signature = signer_->sign("--detach-sign", text, {"-u", good_.fingerprint});
    const auto path = signer_->file("long");
    sys::write_file_atomic(path, text);
    EXPECT_EQ(verify_detached(sys::open_file(path), signature, by(good_)).fingerprint, good_.fingerprint);
    sys::write_file_atomic(path, text + "x");
    EXPECT_THAT(error_of([&] { return verify_detached(sys::open_file(path), signature, by(good_)); }),
                HasSubstr("signature refused: the content was changed"));
    EXPECT_THAT(error_of([&] { return verify_detached(sys::open_file(path), "", by(good_)); }), HasSubstr("signature refused: "));
}

TEST_F(VerifyTest, TheUsersKeysDoNotCount) {
    ::setenv("GNUPGHOME", signer_->home().c_str(), 1);
    EXPECT_THAT(refusal(signer_->clear_sign(kText, stranger_), by(good_)),
                HasSubstr("is not in the keyring"));
}

TEST_F(VerifyTest, RefusesUselessKeyrings) {
    const auto message = signer_->clear_sign(kText, good_);
    EXPECT_EQ(refusal(message, {}), "signature check: no keyring is given");
    const auto bad = signer_->file("bad.gpg");
    sys::write_file_atomic(bad, "no key in here\n");
    EXPECT_EQ(refusal(message, {.keyrings = {bad}}),
              "keyring " + bad.string() + ": holds no OpenPGP key");
    sys::write_file_atomic(bad, std::string((1u << 20) + 1, 'x'));
    EXPECT_THAT(refusal(message, {.keyrings = {bad}}), HasSubstr("bad.gpg"));
}

TEST_F(VerifyTest, GivesUpAfterItsTime) {
    auto options = by(good_);
    options.timeout = std::chrono::milliseconds(0);
    EXPECT_EQ(refusal(signer_->clear_sign(kText, good_), options),
              "signature refused: the check took too long");
}
