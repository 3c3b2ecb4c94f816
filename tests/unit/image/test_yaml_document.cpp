// SPDX-License-Identifier: Apache-2.0
#include "image/yaml_document.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;
using testing::HasSubstr;

std::string refused(const std::string& text, const YamlLimits& limits = {}) {
    return error_of([&] { (void)parse_yaml(text, "x.yaml", limits); });
}

TEST(YamlDocument, ReadsMapsListsAndScalars) {
    const YamlNode root = parse_yaml("a: 1\nb: [x, 'y z', ]\nc:\n  d: ~\n  e: |\n   two\n   lines\n", "x.yaml");
    ASSERT_EQ(root.kind, YamlKind::Map);
    EXPECT_EQ(root.find("a")->text, "1");
    ASSERT_EQ(root.find("b")->items.size(), 2u);
    EXPECT_EQ(root.find("b")->items[1].text, "y z");
    EXPECT_EQ(root.find("c")->find("d")->kind, YamlKind::Null);
    EXPECT_EQ(root.find("c")->find("e")->text, "two\nlines\n");
    EXPECT_EQ(root.find("none"), nullptr);
}

TEST(YamlDocument, AnEmptyOneIsNull) {
    EXPECT_EQ(parse_yaml("", "x.yaml").kind, YamlKind::Null);
    EXPECT_EQ(parse_yaml("# only words\n", "x.yaml").kind, YamlKind::Null);
}

TEST(YamlDocument, ReadsJson) {
    const YamlNode root = parse_yaml(R"({"a": {"b": ["c"]}})", "x.yaml");
    EXPECT_EQ(root.find("a")->find("b")->items[0].text, "c");
}

// One of them can mean a billion values.
TEST(YamlDocument, RefusesAnchorsAndAliases) {
    EXPECT_EQ(refused("a: &x 1\nb: *x\n"), "x.yaml:1:4: anchors are not allowed");
    EXPECT_EQ(refused("a: &x [1]\n"), "x.yaml:1:4: anchors are not allowed");
    EXPECT_NE(refused("a: *x\n"), "");
}

// A long text has one value, and a name for it a few bytes.
TEST(YamlDocument, CountsTheBytesThatAliasesCopy) {
    const auto text = [](std::size_t aliases) {
        std::string list = "- &x " + std::string(100, 'l') + "\n";
        for (std::size_t i = 0; i < aliases; ++i) list += "- *x\n";
        return list;
    };
    const YamlLimits limits{.bytes = 500, .aliases = true};
    EXPECT_EQ(parse_yaml(text(4), "x.yaml", limits).items.size(), 5u);
    EXPECT_EQ(refused(text(5), limits), "x.yaml:6:3: anchors and aliases copy more than 500 bytes");
    EXPECT_EQ(refused("&a [&b [&c [1, 2]]]", {.nodes = 10, .aliases = true}), "x.yaml:1:5: more than 10 values");
}

TEST(YamlDocument, RefusesWhatTwoReadersMayReadDifferently) {
    EXPECT_EQ(refused("a: 1\na: 2\n"), "x.yaml:2:1: \"a\" stands there twice");
    EXPECT_EQ(refused("? [a]\n: 1\n"), "x.yaml:1:3: a key that is no word");
    EXPECT_EQ(refused("a: 1\n---\nb: 2\n"), "x.yaml:2:1: more than one document");
}

TEST(YamlDocument, NamesTheLineOfAMistake) {
    EXPECT_THAT(refused("a: 1\nb: [1\n"), HasSubstr("x.yaml:3:1: "));
    EXPECT_THAT(refused("a: [}\n"), HasSubstr("x.yaml:1:"));
}

TEST(YamlDocument, KeepsItsLimits) {
    EXPECT_EQ(refused("12345", {.bytes = 4}), "x.yaml: larger than 4 bytes");
    EXPECT_EQ(refused("a:\n b:\n  c: 1\n", {.depth = 2}), "x.yaml:3:3: more than 2 levels deep");
    EXPECT_EQ(refused("[1, 2, 3]", {.nodes = 3}), "x.yaml:1:8: more than 3 values");
    std::string deep;
    for (std::size_t i = 0; i < 10'000; ++i) deep += "- ";
    EXPECT_THAT(refused(deep), HasSubstr("levels deep"));
    EXPECT_EQ(refused(std::string(100'000, '[')), "x.yaml: more than 50000 values");
    EXPECT_EQ(refused(std::string(100'000, '{')), "x.yaml: more than 50000 values");
    EXPECT_NE(refused(std::string(50'000, '[')), "");
}

} // namespace
} // namespace lxcpp::image
