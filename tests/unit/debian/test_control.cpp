// SPDX-License-Identifier: Apache-2.0
#include "debian/control.h"
#include "debian/relation.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace lxcpp::debian {
namespace {

std::string error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

TEST(Control, ReadsParagraphsAndContinuationLines) {
    ControlReader reader("\n\nPackage: a\nDepends: b,\n c\n\t, d\nTag:\n x\n\n\n"
                         "package: e\r\nVersion: 1",
                         "test");
    const Stanza* first = reader.next();
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->get("PACKAGE"), "a");
    EXPECT_EQ(first->get("Depends"), "b,\n c\n\t, d");
    EXPECT_EQ(first->get("Tag"), "\n x");
    EXPECT_EQ(first->find("Version"), std::nullopt);
    const Stanza* second = reader.next();
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(second->get("Package"), "e");
    EXPECT_EQ(second->get("Version"), "1");
    EXPECT_EQ(reader.next(), nullptr);
}

TEST(Control, RefusesWhatTwoReadersCouldReadDifferently) {
    const auto read = [](std::string_view text) {
        return error_of([&] { (void)read_single_stanza(text, "Release"); });
    };
    EXPECT_EQ(read("Package: a\nPackage: b\n"), "Release: line 2: field Package stands twice");
    EXPECT_EQ(read("Package: a\npackage: b\n"), "Release: line 2: field package stands twice");
    EXPECT_EQ(read(" x\n"), "Release: line 1: a continuation line without a field before it");
    EXPECT_EQ(read("hello\n"), "Release: line 1: 'hello' is not a field");
    EXPECT_EQ(read("A: 1\n\nB: 2\n"), "Release: more than one paragraph");
    EXPECT_EQ(read("\n"), "Release: it is empty");
}

TEST(Relations, ReadsAlternativesVersionsAndQualifiers) {
    const auto clauses =
        parse_relations("libc6 (>= 2.34), perl:any, aa (<<1) | bb(=2:1-1) |cc ,\n dd,", "Depends of x");
    ASSERT_EQ(clauses.size(), 4u);
    EXPECT_EQ(format_alternatives(clauses[0]), "libc6 (>= 2.34)");
    EXPECT_EQ(clauses[1][0].qualifier, "any");
    EXPECT_EQ(format_alternatives(clauses[2]), "aa (<< 1) | bb (= 2:1-1) | cc");
    EXPECT_EQ(clauses[3][0].package, "dd");
}

TEST(Relations, AcceptsByVersion) {
    const auto accepts = [](std::string_view relation, std::string_view version) {
        return parse_relations(relation, "x").at(0).at(0).accepts(version);
    };
    EXPECT_TRUE(accepts("aa", "0"));
    EXPECT_TRUE(accepts("aa (>= 1)", "1"));
    EXPECT_FALSE(accepts("aa (>> 1)", "1"));
    EXPECT_TRUE(accepts("aa (<= 1)", "1~"));
    EXPECT_FALSE(accepts("aa (<< 1)", "1"));
    EXPECT_TRUE(accepts("aa (= 1)", "1-0"));
}

TEST(Relations, RefusesNonsense) {
    const auto parse = [](std::string_view text) {
        return error_of([&] { (void)parse_relations(text, "Depends of x"); });
    };
    EXPECT_EQ(parse("a/b"), "Depends of x: 'a/b' is not a package relation");
    EXPECT_EQ(parse("aa (1)"), "Depends of x: 'aa (1)' is not a package relation");
    EXPECT_EQ(parse("aa (>= 1"), "Depends of x: 'aa (>= 1' is not a package relation");
    EXPECT_EQ(parse("aa (=> 1)"), "Depends of x: 'aa (=> 1)' is not a package relation");
    EXPECT_EQ(parse("aa | | bb"), "Depends of x: '' is not a package relation");
}

} // namespace
} // namespace lxcpp::debian
