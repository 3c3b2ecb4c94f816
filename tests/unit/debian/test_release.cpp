// SPDX-License-Identifier: Apache-2.0
#include "debian/release.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

#include <string>

namespace lxcpp::debian {
namespace {

const std::string kHash(64, 'a');

std::string release_text(const std::string& more = {}) {
    return "Origin: Debian\nSuite: stable\nCodename: trixie\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n"
           "Acquire-By-Hash: yes\nArchitectures: all amd64 arm64\nComponents: main contrib\n" +
           more + "SHA256:\n " + kHash + " 123 main/binary-amd64/Packages.xz\n";
}

TEST(Release, ReadsWhatIsSigned) {
    const Release release = parse_release(release_text("Valid-Until: Sat, 18 Jul 2026 10:16:37 UTC\n"), "R");
    EXPECT_EQ(release.codename, "trixie");
    EXPECT_EQ(release.date, 1783764997);
    EXPECT_EQ(release.valid_until, 1783764997 + 7 * 86400);
    EXPECT_TRUE(release.by_hash);
    ASSERT_EQ(release.files.count("main/binary-amd64/Packages.xz"), 1u);
    EXPECT_EQ(release.files.at("main/binary-amd64/Packages.xz").size, 123u);
}

TEST(Release, RefusesWhatItCannotTrust) {
    const auto refusal = [](const std::string& text) {
        return test::error_of([&] { (void)parse_release(text, "R"); });
    };
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = release_text();
        return refusal(text.replace(text.find(from), from.size(), to));
    };
    EXPECT_EQ(with("SHA256:", "MD5Sum:"), "R: it has no SHA256 sums");
    EXPECT_EQ(with("Jul", "Foo"), "R: Date is 'Sat, 11 Foo 2026 10:16:37 UTC'");
    EXPECT_EQ(with("trixie", "../x"), "R: Codename is '../x'");
    EXPECT_EQ(with(kHash, "zz"), "R: SHA256 has the line ' zz 123 main/binary-amd64/Packages.xz'");
    EXPECT_EQ(refusal(release_text() + " " + std::string(64, 'b') + " 123 main/binary-amd64/Packages.xz\n"),
              "R: SHA256 lists main/binary-amd64/Packages.xz twice");
}

TEST(Release, IsWhatWasAskedFor) {
    const auto check = [](ReleaseRequest request, const std::string& more = {}) {
        if (request.now == 0) request.now = 1783764997 + 86400;
        return test::error_of([&] { check_release(parse_release(release_text(more), "R"), request, "R"); });
    };
    EXPECT_EQ(check({.suite = "trixie", .architecture = "amd64", .components = {"main"}}), "");
    EXPECT_EQ(check({.suite = "stable", .architecture = "amd64", .components = {"main"}}), "");
    EXPECT_EQ(check({.suite = "bookworm", .architecture = "amd64", .components = {"main"}}),
              "R: it is the index of trixie (stable), not of bookworm");
    EXPECT_EQ(check({.suite = "trixie", .architecture = "riscv64", .components = {"main"}}),
              "R: trixie has no packages for riscv64");
    EXPECT_EQ(check({.suite = "trixie", .architecture = "amd64", .components = {"non-free"}}),
              "R: trixie has no component non-free");
    EXPECT_EQ(check({.suite = "trixie", .architecture = "amd64", .now = 1783764997 - 3000}), "");
    EXPECT_EQ(check({.suite = "trixie", .architecture = "amd64", .now = 1783764997 - 3700}),
              "R: its date, Sat, 11 Jul 2026 10:16:37 UTC, is in the future: is this machine's clock right?");
    const std::string until = "Valid-Until: Sat, 11 Jul 2026 20:00:00 UTC\n";
    EXPECT_EQ(check({.suite = "trixie", .architecture = "amd64"}, until),
              "R: it expired on Sat, 11 Jul 2026 20:00:00 UTC: the mirror is out of date, or somebody replays "
              "an old index; use another --mirror, or --allow-expired to accept it");
    EXPECT_EQ(check({.suite = "trixie", .architecture = "amd64", .allow_expired = true}, until), "");
}

TEST(Release, ReadsDates) {
    EXPECT_EQ(parse_release_date("Thu, 01 Jan 1970 00:00:00 UTC"), 0);
    EXPECT_EQ(parse_release_date("01 Jan 1970 00:00:01 GMT"), 1);
    EXPECT_EQ(parse_release_date("Thu, 01 Jan 1970 00:00:00 +0200"), std::nullopt);
    EXPECT_EQ(parse_release_date("Thu, 41 Jan 1970 00:00:00 UTC"), std::nullopt);
    EXPECT_EQ(parse_release_date("yesterday"), std::nullopt);
    // Not the 1st of the month after it.
    EXPECT_EQ(parse_release_date("31 Jun 2026 00:00:00 UTC"), std::nullopt);
    EXPECT_EQ(parse_release_date("29 Feb 2026 00:00:00 UTC"), std::nullopt);
    EXPECT_EQ(parse_release_date("31 Dec 2016 23:59:60 UTC"), parse_release_date("01 Jan 2017 00:00:00 UTC"));
    for (const char* text : {"31 Dec 2016 23:59:060 UTC", "031 Dec 2016 23:59:00 UTC", "31 Dec 02016 23:59:00 UTC", "31 Dec 9999 23:59:60 UTC"})
        EXPECT_EQ(parse_release_date(text), std::nullopt) << text;
    EXPECT_TRUE(parse_release_date("31 Dec 9999 23:59:59 UTC"));
    EXPECT_EQ(format_release_date(1783764997), "Sat, 11 Jul 2026 10:16:37 UTC");
}

TEST(Release, KnowsSuiteNames) {
    EXPECT_TRUE(valid_suite_name("bookworm-updates"));
    EXPECT_FALSE(valid_suite_name("../sid"));
    EXPECT_FALSE(valid_suite_name("Sid"));
    EXPECT_FALSE(valid_suite_name("sid/updates"));
    EXPECT_FALSE(valid_suite_name(""));
}

} // namespace
} // namespace lxcpp::debian
