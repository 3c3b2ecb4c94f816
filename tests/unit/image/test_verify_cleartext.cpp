// SPDX-License-Identifier: Apache-2.0
#include "image/verify_cleartext.h"

#include "gpg_fixture.h"
#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp::image;
using lxcpp::test::error_of;
using testing::HasSubstr;

namespace {

const std::string kHead = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n";
const std::string kTail = "-----BEGIN PGP SIGNATURE-----\n\niHUEARYKAB0WIQ==\n=abcd\n"
                          "-----END PGP SIGNATURE-----\n";

std::string refusal(const std::string& message) {
    return error_of([&] {
        check_cleartext_frame(message);
        return 0;
    });
}

} // namespace

TEST(CleartextFrame, AcceptsWhatSignersWrite) {
    EXPECT_NO_THROW(check_cleartext_frame(kHead + "a\n- -----dashes\n\nb\n" + kTail));
    EXPECT_NO_THROW(check_cleartext_frame(kHead + "a\r\nb\r\n" + kTail + "\n\n"));
    EXPECT_NO_THROW(check_cleartext_frame("\n" + kHead + kTail));
    EXPECT_NO_THROW(check_cleartext_frame(
        "-----BEGIN PGP SIGNED MESSAGE-----\n\nno hash header\n-----BEGIN PGP SIGNATURE-----\n"
        "Version: GnuPG v2.2\nComment: x\n\nabc=\n-----END PGP SIGNATURE-----"));
}

TEST(CleartextFrame, RefusesTextOutsideTheBlock) {
    EXPECT_THAT(refusal("Origin: evil\n" + kHead + "a\n" + kTail), HasSubstr("text stands before it"));
    EXPECT_THAT(refusal(kHead + "a\n" + kTail + "Origin: evil\n"),
                HasSubstr("line 10 of the signed message: text stands after the signed block"));
    EXPECT_THAT(refusal(kHead + "a\n" + kTail + kHead + "b\n" + kTail),
                HasSubstr("text stands after the signed block"));
    EXPECT_THAT(refusal(""), HasSubstr("there is no clear-signed message"));
}

TEST(CleartextFrame, RefusesHeadersThatHideText) {
    EXPECT_THAT(refusal("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\nOrigin: evil\n\na\n" + kTail),
                HasSubstr("line 3 of the signed message: only Hash headers are allowed"));
    EXPECT_THAT(refusal("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256, evil text\n\na\n" + kTail),
                HasSubstr("not a list of hash names"));
    EXPECT_THAT(refusal("-----BEGIN PGP SIGNED MESSAGE-----\nNotDashEscaped: yes\n\na\n" + kTail),
                HasSubstr("only Hash headers are allowed"));
}

TEST(CleartextFrame, RefusesWhatProgramsReadDifferently) {
    EXPECT_THAT(refusal(kHead + "a\n-not escaped\n" + kTail),
                HasSubstr("line 5 of the signed message: starts with a dash that is not escaped"));
    EXPECT_THAT(refusal(kHead + kHead + "a\n" + kTail), HasSubstr("dash that is not escaped"));
    EXPECT_THAT(refusal(kHead + "a\fb\n" + kTail), HasSubstr("NUL, form feed or vertical tab"));
    EXPECT_THAT(refusal(kHead + std::string("a\0b\n", 4) + kTail), HasSubstr("NUL, form feed"));
    EXPECT_THAT(refusal(kHead + std::string(20'000, 'a') + "\n" + kTail), HasSubstr("too long"));
}

TEST(CleartextFrame, RefusesAnIncompleteOne) {
    EXPECT_THAT(refusal(kHead + "a\n"), HasSubstr("-----BEGIN PGP SIGNATURE----- is missing"));
    EXPECT_THAT(refusal(kHead + "a\n-----BEGIN PGP SIGNATURE-----\n\nabc=\n"),
                HasSubstr("-----END PGP SIGNATURE----- is missing"));
    EXPECT_THAT(refusal(kHead + "a\n-----BEGIN PGP SIGNATURE-----\n\nnot base 64!\n"),
                HasSubstr("not part of a signature"));
}

TEST(CleartextFrame, GivesTheTextThatIsInIt) {
    EXPECT_EQ(unverified_cleartext(kHead + "{\n- -----dashes\n-\n- \n\n}  \r\n" + kTail), "{\n-----dashes\n\n\n\n}\n");
    EXPECT_EQ(unverified_cleartext(kHead + kTail), "");
    EXPECT_THAT(error_of([&] { return unverified_cleartext("{}"); }), HasSubstr("not a clear-signed message"));
}
