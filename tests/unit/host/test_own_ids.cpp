// SPDX-License-Identifier: Apache-2.0
#include "host/own_ids.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp;
using test::error_of;
using testing::HasSubstr;

namespace {

IdSources anna(std::string_view subuid, std::string_view subgid) {
    return {.user = "anna", .uid = 1000, .subuid = parse_subid(subuid), .subgid = parse_subid(subgid), .accounts = {0, 1000}};
}

} // namespace

TEST(OwnIds, AreTheFirstThatBothFilesGive) {
    EXPECT_EQ(choose_own_ids(anna("anna:200000:131072\nanna:100000:1000\n", "anna:200000:131072\n"), {}), (IdRange{200000, 65536}));
    EXPECT_EQ(choose_own_ids(anna("anna:100000:131072\n", "anna:165536:65536\n"), {}), (IdRange{165536, 65536}));
    // Some of them are another user's too.
    EXPECT_EQ(choose_own_ids(anna("anna:100000:200000\nbert:100000:65536\n", "anna:100000:200000\n"), {}), (IdRange{165536, 65536}));
}

TEST(OwnIds, StayWhatTheyWere) {
    const IdRange before{265536, 65536};
    EXPECT_EQ(choose_own_ids(anna("anna:100000:231072\n", "anna:100000:231072\n"), before), before);
    const auto moved = error_of([&] { (void)choose_own_ids(anna("anna:100000:65536\n", "anna:100000:65536\n"), before); });
    EXPECT_THAT(moved, HasSubstr("the files of the store belong to the ids 265536-331071"));
    EXPECT_THAT(moved, HasSubstr("to anna alone"));
}

TEST(OwnIds, WhoHasNoneIsToldHowToGetSome) {
    EXPECT_EQ(error_of([] { (void)choose_own_ids(anna("bert:100000:65536\n", "bert:100000:65536\n"), {}); }),
              "the files of a root file system belong to 65536 ids, and anna has no subordinate ones in /etc/subuid and /etc/subgid: "
              "root gives some with: usermod --add-subuids 165536-231071 --add-subgids 165536-231071 anna");
    EXPECT_THAT(error_of([] { (void)choose_own_ids(anna("anna:100000:65536\n", ""), {}); }),
                HasSubstr("/etc/subuid and /etc/subgid do not both give as many to anna alone: root gives some with: usermod --add-subuids 165536-231071"));
    EXPECT_THAT(error_of([] { (void)choose_own_ids(anna("anna:100000:65535\n", "anna:100000:65535\n"), {}); }), HasSubstr("do not both give as many"));
    EXPECT_THAT(error_of([] { (void)choose_own_ids(anna("bert:100000:600000000\n", ""), {}); }), HasSubstr("--add-subuids FIRST-LAST"));
}

TEST(OwnIds, ANoteThatIsNoneIsRefused) {
    const test::TempDir directory;
    for (const std::string_view text : {"", "0 100000 1000\n", "1 100000 65536\n", "0 100000 65536\n65536 300000 65536\n", "0 1000\n", "0 4294967290 65536\n"}) {
        sys::write_file_atomic(directory.path() / "ids", text, 0600);
        EXPECT_THAT(error_of([&] { (void)own_ids_of(directory.path()); }), HasSubstr((directory.path() / "ids").string())) << text;
    }
}

TEST(OwnIds, FurtherOnesAreThoseThatAreLeft) {
    const IdSources sources = anna("anna:100000:131072\nanna:400000:1000\n", "anna:100000:131072\nanna:400000:1000\n");
    EXPECT_EQ(further_own_ids(sources, {100000, 65536}), (std::vector<IdRange>{{165536, 65536}, {400000, 1000}}));
    EXPECT_EQ(further_own_ids(sources, {165536, 65536}), (std::vector<IdRange>{{100000, 65536}, {400000, 1000}}));
    EXPECT_EQ(further_own_ids(anna("anna:100000:65536\nanna:300000:20\nbert:300010:5\nanna:999:3\n", "1000:100000:65536\n1000:300000:20\nanna:999:3\n"), {100000, 65536}),
              (std::vector<IdRange>{{999, 1}, {1001, 1}, {300000, 10}, {300015, 5}}));
}

TEST(OwnIds, WhatForbidsANamespaceIsNamedWithItsRemedy) {
    EXPECT_EQ(why_no_namespace({}), "");
    EXPECT_EQ(why_no_namespace({"1000", "1", "0"}), "");
    EXPECT_THAT(why_no_namespace({"0", "1", "0"}), HasSubstr("sysctl -w user.max_user_namespaces="));
    EXPECT_THAT(why_no_namespace({"1000", "0", "0"}), HasSubstr("sysctl -w kernel.unprivileged_userns_clone=1"));
    EXPECT_THAT(why_no_namespace({"1000", "1", "1"}), HasSubstr("sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"));
}
