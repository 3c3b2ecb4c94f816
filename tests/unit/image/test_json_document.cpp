// SPDX-License-Identifier: Apache-2.0
#include "image/json_document.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;

JsonDocument document(std::string_view text, const JsonLimits& limits = {}) { return {text, "DOC", limits}; }

std::string refused(std::string_view text, const JsonLimits& limits = {}) {
    return error_of([&] { document(text, limits); });
}

TEST(JsonDocument, ReadsValuesOfEachKind) {
    const auto doc = document(R"({"text":"a\u00e9","count":18446744073709551615,"yes":true,"no":false,)"
                              R"("nothing":null,"list":["x","y"],"inner":{"b":2,"a":1}})");
    const JsonValue root = doc.root();
    EXPECT_EQ(root.at("text").text(), "a\xc3\xa9");
    EXPECT_EQ(root.at("count").count(), UINT64_MAX);
    EXPECT_TRUE(root.at("yes").truth());
    EXPECT_FALSE(root.at("no").truth());
    EXPECT_EQ(root.at("list").texts(), (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(root.at("list").items().at(1).text(), "y");
    const auto members = root.at("inner").members();
    ASSERT_EQ(members.size(), 2u);
    EXPECT_EQ(members[0].key(), "a");
    EXPECT_EQ(members[1].count(), 2u);
}

TEST(JsonDocument, TreatsNullAsMissing) {
    const auto doc = document(R"({"nothing":null,"text":"x"})");
    EXPECT_FALSE(doc.root().find("nothing"));
    EXPECT_FALSE(doc.root().find("absent"));
    EXPECT_EQ(doc.root().text_or("nothing", "otherwise"), "otherwise");
    EXPECT_EQ(doc.root().text_or("text", "otherwise"), "x");
    EXPECT_EQ(error_of([&] { (void)doc.root().at("nothing"); }), "DOC: at /: nothing is missing");
}

TEST(JsonDocument, SaysWhereAValueOfAnotherKindStands) {
    const auto doc = document(R"({"products":{"x":{"versions":[1,-1,1.5,{}]}}})");
    const JsonValue versions = doc.root().at("products").at("x").at("versions");
    EXPECT_EQ(error_of([&] { (void)versions.members(); }), "DOC: at /products/x/versions: expected an object");
    EXPECT_EQ(error_of([&] { (void)versions.find("a"); }), "DOC: at /products/x/versions: expected an object");
    EXPECT_EQ(error_of([&] { (void)versions.texts(); }), "DOC: at /products/x/versions/0: expected a string");
    EXPECT_EQ(error_of([&] { (void)versions.items()[1].count(); }),
              "DOC: at /products/x/versions/1: expected a whole number that is not negative");
    EXPECT_EQ(error_of([&] { (void)versions.items()[2].count(); }),
              "DOC: at /products/x/versions/2: expected a whole number that is not negative");
    EXPECT_EQ(error_of([&] { (void)versions.items()[3].truth(); }),
              "DOC: at /products/x/versions/3: expected true or false");
    EXPECT_EQ(error_of([&] { (void)doc.root().items(); }), "DOC: at /: expected a list");
}

TEST(JsonDocument, KeepsThePathOfAStrangerOffTheTerminal) {
    const auto doc = document("{\"a/b~\\u001b[2J\":{\"" + std::string(100, 'x') + "\":1}}");
    const JsonValue inner = doc.root().members().at(0);
    EXPECT_EQ(inner.where(), "/a~1b~0\\x1b[2J");
    EXPECT_EQ(inner.members().at(0).where(), "/a~1b~0\\x1b[2J/" + std::string(80, 'x') + "...");
}

TEST(JsonDocument, RefusesWhatIsNotJson) {
    EXPECT_EQ(refused(""), "DOC: not valid JSON at byte 1");
    EXPECT_EQ(refused("{\"a\":1,}"), "DOC: not valid JSON at byte 8");
    for (const char* text : {"{", "[1,2", "{} {}", "nul", "NaN", "[NaN]", "[Infinity]", "[01]", "{'a':1}", "// x\n{}",
                             "[\"\t\"]", "[\"\xff\"]", "[\"\\ud800\"]", "{\"a\"}", "[1e999]", "\xff"}) {
        EXPECT_NE(refused(text).find("DOC: not valid JSON at byte "), std::string::npos) << text;
    }
    EXPECT_EQ(refused("\xef\xbb\xbf{}"), "DOC: begins with a byte order mark");
}

TEST(JsonDocument, RefusesAMemberThatStandsTwice) {
    EXPECT_EQ(refused(R"({"a":{"b":1,"c":2,"b":1}})"), "DOC: at /a/b: stands there twice");
    EXPECT_EQ(refused(R"({"a":1,"\u0061":2})"), "DOC: at /a: stands there twice");
    EXPECT_EQ(refused(R"({"a":{"b":1},"c":{"b":1}})"), "");
}

TEST(JsonDocument, RefusesNulCharacters) {
    EXPECT_EQ(refused(R"({"a":["x","y\u0000z"]})"), "DOC: at /a/1: a string with a NUL character");
    EXPECT_EQ(refused(R"({"a":{"b\u0000":1}})"), "DOC: at /a: a name with a NUL character");
}

TEST(JsonDocument, RefusesWhatIsTooLarge) {
    EXPECT_EQ(refused("[1,2,3]", {.bytes = 6}), "DOC: larger than 6 bytes");
    EXPECT_EQ(refused("[1,2,3]", {.bytes = 7}), "");
    EXPECT_EQ(refused("[1,2,3]", {.values = 3}), "DOC: more than 3 values");
    EXPECT_EQ(refused("[1,2,3]", {.values = 4}), "");
    EXPECT_EQ(refused("[[[]]]", {.depth = 2}), "DOC: nested deeper than 2");
    EXPECT_EQ(refused("[[[]]]", {.depth = 3}), "");
    EXPECT_EQ(refused(std::string(1'000'000, '[')), "DOC: nested deeper than 64");
}

TEST(JsonDocument, MayBeMovedWithItsValues) {
    auto doc = document(R"({"a":"x"})");
    const JsonValue value = doc.root().at("a");
    const JsonDocument moved = std::move(doc);
    EXPECT_EQ(value.text(), "x");
    EXPECT_EQ(moved.root().at("a").where(), "/a");
}

} // namespace
} // namespace lxcpp::image
