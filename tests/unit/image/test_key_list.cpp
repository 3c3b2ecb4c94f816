// SPDX-License-Identifier: Apache-2.0
#include "image/key_list.h"

#include "gpg_fixture.h"
#include "support/error_of.h"
#include "sys/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(KeyList, NamesThePrimaryKeysOfAnyMaterial) {
    Signer signer;
    const auto one = signer.make_key("one");
    const auto two = signer.make_key("two");
    const auto scratch = signer.home();
    const std::string armored = sys::read_file(signer.armored(one));
    EXPECT_THAT(key_fingerprints(armored, scratch), ElementsAre(one.fingerprint));
    EXPECT_THAT(key_fingerprints(armored + "\nabout the next\n" + sys::read_file(signer.armored(two)), scratch), ElementsAre(one.fingerprint, two.fingerprint));
    EXPECT_THAT(key_fingerprints(sys::read_file(one.keyring) + sys::read_file(two.keyring), scratch), ElementsAre(one.fingerprint, two.fingerprint));
    const auto expired = signer.make_key("expired", "ed25519", "1y", "20200101T000000");
    EXPECT_THAT(key_fingerprints(sys::read_file(signer.armored(expired)), scratch), ElementsAre(expired.fingerprint));
    EXPECT_THAT(key_fingerprints("no key at all\n", scratch), IsEmpty());
    EXPECT_THAT(key_fingerprints("", scratch), IsEmpty());
    const std::string secret = signer.gpg({"--armor", "--export-secret-keys", one.fingerprint});
    EXPECT_THAT(error_of([&] { (void)key_fingerprints(secret, scratch); }), HasSubstr("holds a private key"));
    EXPECT_THAT(error_of([&] { (void)key_fingerprints(std::string((1u << 20) + 1, 'x'), scratch); }), HasSubstr("the limit for keys is"));
}

} // namespace
} // namespace lxcpp::image
