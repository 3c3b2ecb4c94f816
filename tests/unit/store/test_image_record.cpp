// SPDX-License-Identifier: Apache-2.0
#include "store/image_record.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp {
namespace {

using test::error_of;
using testing::HasSubstr;

ImageRecord some_record() {
    return {.fingerprint = std::string(64, 'a'), .kind = ImageKind::Application, .distribution = "debian", .release = "12",
            .variant = "cloud", .architecture = "x86_64", .serial = "20260101_05:24", .description = "Debian: a system",
            .created = 1, .expires = 2, .added = 3, .protocol = "simplestreams", .source = "https://h/x", .refresh = "debian/12/cloud",
            .verified = true, .verification = "signed index", .signer = std::string(40, 'F'), .size = 12345,
            .trees = {std::string(64, '1'), std::string(64, '2')}, .volumes = {"/data", "/var/lib/x y"},
            .properties = {{"org.opencontainers.image.title", "a: b"}, {"requirements.cgroup", "v2"}}};
}

std::string refused(const std::string& text) {
    return error_of([&] { (void)parse_image_record(text, "r"); });
}

std::string valid() { return "fingerprint: " + std::string(64, 'a') + "\ntree: " + std::string(64, '1') + "\n"; }

TEST(ImageRecord, SurvivesBeingWritten) {
    EXPECT_EQ(parse_image_record(format_image_record(some_record()), "r"), some_record());
    ImageRecord least{.fingerprint = std::string(64, '0'), .trees = {std::string(64, '0')}};
    EXPECT_EQ(parse_image_record(format_image_record(least), "r"), least);
}

// What an image says of itself must not become another line, or drive a terminal.
TEST(ImageRecord, ValuesStayWhereTheyAre) {
    ImageRecord record = some_record();
    record.description = "x\nverified: yes\ntree: " + std::string(64, '9');
    record.properties = {{"a\nsigner", "b\n"}, {"c: d", "e"}, {"", "f"}};
    record.verified = false;
    const ImageRecord read = parse_image_record(format_image_record(record), "r");
    EXPECT_FALSE(read.verified);
    EXPECT_EQ(read.trees, record.trees);
    EXPECT_EQ(read.description, "x\\x0averified: yes\\x0atree: " + std::string(64, '9'));
    EXPECT_EQ(read.properties, (std::map<std::string, std::string>{{"a\\x0asigner", "b\\x0a"}, {"", "f"}}));
}

// Names that cannot be shown as they are have another order afterwards.
TEST(ImageRecord, IsWrittenTheSameWhenItIsReadAgain) {
    ImageRecord record;
    record.fingerprint = std::string(64, 'a');
    record.trees = {std::string(64, 'c')};
    record.properties = {{"r", "1"}, {"\xcf", "2"}};
    const std::string written = format_image_record(record);
    EXPECT_EQ(format_image_record(parse_image_record(written, "written")), written);
}

// Whatever still looks like a record; one of the time before there were digests stays readable.
TEST(ImageRecord, NoticesAChangedValue) {
    const std::string text = format_image_record(some_record());
    const std::string changed = "r: it was changed after it was written: its digest is another";
    const auto with = [&text](const std::string& old, const std::string& fresh) {
        std::string other = text;
        return other.replace(other.find(old), old.size(), fresh);
    };
    EXPECT_EQ(refused(with("size: 12345", "size: 12346")), changed);
    EXPECT_EQ(refused(with("verified: yes", "verified: no")), changed);
    EXPECT_EQ(refused(with("requirements.cgroup: v2", "requirements.cgroup: v1")), changed);
    EXPECT_EQ(refused(with(std::string(64, 'a'), std::string(63, 'a') + 'b')), changed);
    EXPECT_EQ(refused(with("release: 12\n", "")), changed);
    EXPECT_EQ(refused("serial: 1\n" + text), changed);
    EXPECT_EQ(refused(text.substr(0, text.size() - 2) + "\n"), changed);
    EXPECT_EQ(refused(text + "release: 13\n"), "r: line 25: unknown key digest");
    const std::string old = text.substr(0, text.rfind("digest: "));
    EXPECT_EQ(parse_image_record(old, "r"), some_record());
}

TEST(ImageRecord, RefusesWhatItWouldNotWrite) {
    EXPECT_EQ(refused(""), "r: the fingerprint is missing or none");
    EXPECT_EQ(refused("fingerprint: ../../x\n"), "r: the fingerprint is missing or none");
    EXPECT_EQ(refused("fingerprint: " + std::string(64, 'a') + "\n"), "r: an image has 1 to 512 trees");
    EXPECT_EQ(refused(valid() + "tree: ../../etc\n"), "r: a tree's name is none");
    EXPECT_EQ(refused(valid() + "tree: " + std::string(64, 'A') + "\n"), "r: a tree's name is none");
    EXPECT_EQ(refused(valid() + "nothing\n"), "r: line 3: \"key: value\" is expected");
    EXPECT_EQ(refused(valid() + "mount: /\n"), "r: line 3: unknown key mount");
    EXPECT_EQ(refused(valid() + "kind: virtual\n"), "r: line 3: no such kind of image");
    EXPECT_EQ(refused(valid() + "size: 1x\n"), "r: line 3: a number is expected");
    EXPECT_EQ(refused(valid() + "created: -1\n"), "r: line 3: a number is expected");
    EXPECT_EQ(refused(valid() + "expires: 9223372036854775808\n"), "r: line 3: a number is expected");
    std::string many = valid();
    for (int i = 0; i < 512; ++i) many += "tree: " + std::string(64, '2') + "\n";
    EXPECT_EQ(refused(many), "r: an image has 1 to 512 trees");
    EXPECT_EQ(refused(valid()), "");
}

TEST(ImageRecord, TellsThatItHasExpired) {
    ImageRecord record = some_record();
    record.expires = 1'767'312'000;
    EXPECT_EQ(expiry_text(record, record.expires), std::nullopt);
    EXPECT_EQ(expiry_text(record, record.expires + 1), "has expired on 2026-01-02, by its server or itself: it may get no updates");
    record.expires = 0; // nobody says
    EXPECT_EQ(expiry_text(record, 1), std::nullopt);
}

TEST(ImageRecord, AFingerprintIs64LowerCaseDigits) {
    EXPECT_TRUE(is_fingerprint(std::string(64, 'f')));
    for (const std::string& bad : {std::string(63, 'f'), std::string(65, 'f'), std::string(64, 'F'), std::string(64, 'g'), std::string(), "sha256:" + std::string(57, 'f')}) {
        EXPECT_FALSE(is_fingerprint(bad)) << bad;
    }
}

TEST(ImageRecord, AliasesCannotBePathsOrFingerprints) {
    for (const char* good : {"debian", "debian/12/cloud", "web:v2", "a", "0", "user@host/x+y_z-1.2"}) EXPECT_TRUE(is_image_alias(good)) << good;
    EXPECT_TRUE(is_image_alias(std::string(128, 'a')));
    for (const std::string& bad : {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"), std::string("a/../b"), std::string(".."),
                                   std::string("-a"), std::string(".a"), std::string("a b"), std::string("a,b"), std::string("a\nb"), std::string("a\0b", 3),
                                   std::string(129, 'a'), std::string(64, 'f')}) {
        EXPECT_FALSE(is_image_alias(bad)) << bad;
    }
}

} // namespace
} // namespace lxcpp
