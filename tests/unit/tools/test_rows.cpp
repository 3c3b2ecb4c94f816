// SPDX-License-Identifier: Apache-2.0
#include "common/rows.h"

#include "support/error_of.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace lxcpp::tools {
namespace {

Rows one(Cell cell) { return {{{"NAME"}, {"THE VALUE"}}, {{Cell(std::string("c1")), std::move(cell)}}}; }

Cell text(std::string value) { return {std::move(value)}; }

const std::string kHostile = "a\x1b[31m\n\"b\",\xc2\x9b" "2J\xe2\x80\xae\x7f";

std::string value_in_csv(Cell cell) {
    const std::string all = print_rows(one(std::move(cell)), Format::Csv);
    const std::string head = "name,the_value\r\nc1,";
    EXPECT_EQ(all.substr(0, head.size()), head);
    EXPECT_TRUE(all.ends_with("\r\n"));
    return all.substr(head.size(), all.size() - head.size() - 2);
}

std::string value_in_yaml(Cell cell) {
    const std::string all = print_rows(one(std::move(cell)), Format::Yaml);
    const std::string head = "- name: c1\n  the_value: ";
    EXPECT_EQ(all.substr(0, head.size()), head);
    return all.substr(head.size(), all.size() - head.size() - 1);
}

nlohmann::json value_in_json(Cell cell) {
    return nlohmann::json::parse(print_rows(one(std::move(cell)), Format::Json)).at(0).at("the_value");
}

bool drives_a_terminal(const std::string& output) {
    for (const char* bad : {"\x1b", "\x7f", "\xc2\x9b", "\xe2\x80\xae", "\r\r"}) {
        if (output.find(bad) != std::string::npos) return true;
    }
    return false;
}

TEST(RowsCsv, QuotesWhatNeedsIt) {
    EXPECT_EQ(value_in_csv(text("plain text")), "plain text");
    EXPECT_EQ(value_in_csv(text("a,b")), "\"a,b\"");
    EXPECT_EQ(value_in_csv(text("say \"x\"")), "\"say \"\"x\"\"\"");
}

TEST(RowsCsv, OtherCells) {
    EXPECT_EQ(value_in_csv(std::monostate{}), "");
    EXPECT_EQ(value_in_csv(text("")), "");
    EXPECT_EQ(value_in_csv(true), "true");
    EXPECT_EQ(value_in_csv(std::int64_t{-5}), "-5");
    EXPECT_EQ(value_in_csv(std::vector<std::string>{"a", "b"}), "a b");
    EXPECT_EQ(value_in_csv(std::vector<std::string>{}), "");
}

TEST(RowsJson, KeepsTypes) {
    EXPECT_EQ(value_in_json(std::monostate{}), nullptr);
    EXPECT_EQ(value_in_json(false), false);
    EXPECT_EQ(value_in_json(std::int64_t{1} << 40), std::int64_t{1} << 40);
    EXPECT_EQ(value_in_json(text("")), "");
    EXPECT_EQ(value_in_json(std::vector<std::string>{}), nlohmann::json::array());
}

TEST(RowsJson, HostileTextComesBackAsItWas) { EXPECT_EQ(value_in_json(text(kHostile)), kHostile); }

TEST(RowsJson, BytesThatAreNoTextDoNotFailTheListing) { EXPECT_EQ(value_in_json(text("a\xff" "b")), "a\xef\xbf\xbd" "b"); }

TEST(RowsJson, KeepsOtherLanguagesReadable) {
    EXPECT_NE(print_rows(one(text("Größe 😀")), Format::Json).find("Größe 😀"), std::string::npos);
}

TEST(RowsJson, AnEmptyListIsAList) {
    EXPECT_EQ(print_rows({{{"NAME"}}, {}}, Format::Json), "[]\n");
    EXPECT_EQ(print_rows({{{"NAME"}}, {}}, Format::Yaml), "[]\n");
    EXPECT_EQ(print_rows({{{"NAME"}}, {}}, Format::Csv), "name\r\n");
    EXPECT_EQ(print_rows({{{"NAME"}}, {}}, Format::Table), "NAME \n");
}

TEST(RowsYaml, QuotesWhatAReaderWouldTakeForSomethingElse) {
    for (const char* word : {"true", "No", "NULL", "y", "on", "1", "1.5", "0x1f", "-x", "~", "", " a", "a: b", "#a", "- a",
                             "2026-11-23", "12:30", ".inf", "a#b", "[a]", "{a}", "*a", "&a", "!a", "a\n", "%a", "@a"}) {
        EXPECT_EQ(value_in_yaml(text(word)), nlohmann::json(word).dump()) << word;
    }
    for (const char* word : {"RUNNING", "c1", "/var/lib/lxcpp", "web-1.example", "Off1"}) EXPECT_EQ(value_in_yaml(text(word)), word);
}

TEST(RowsYaml, OtherCells) {
    EXPECT_EQ(value_in_yaml(std::monostate{}), "null");
    EXPECT_EQ(value_in_yaml(true), "true");
    EXPECT_EQ(value_in_yaml(std::int64_t{7}), "7");
    EXPECT_EQ(value_in_yaml(std::vector<std::string>{"a", "b:"}), "[\"a\",\"b:\"]");
}

TEST(RowsOneObject, IsNoList) {
    EXPECT_EQ(print_row(one(text("x")), Format::Json), "{\n  \"name\": \"c1\",\n  \"the_value\": \"x\"\n}\n");
    EXPECT_EQ(print_row(one(text("x")), Format::Yaml), "name: c1\nthe_value: x\n");
}

// Nothing that a container put into a name, an address or a description reaches the terminal as a command.
TEST(RowsHostile, NoFormatDrivesATerminal) {
    for (const Format format : {Format::Table, Format::Json, Format::Csv, Format::Yaml}) {
        EXPECT_FALSE(drives_a_terminal(print_rows(one(text(kHostile)), format))) << static_cast<int>(format);
        EXPECT_FALSE(drives_a_terminal(print_rows(one(std::vector<std::string>{"x", kHostile}), format)))
            << static_cast<int>(format);
    }
}

TEST(RowsTable, IsAsWideAsItsContent) {
    EXPECT_EQ(print_rows(one(text("x")), Format::Table), "NAME THE VALUE \nc1   x         \n");
    EXPECT_EQ(text_of(std::monostate{}), "-");
    EXPECT_EQ(text_of(text("")), "-");
    EXPECT_EQ(text_of(std::vector<std::string>{"a", "b"}), "a, b");
}

TEST(RowsFormat, IsOneOfFour) {
    EXPECT_EQ(parse_format("yaml"), Format::Yaml);
    EXPECT_EQ(test::error_of([] { (void)parse_format("xml"); }), "--format xml: expected table, json, csv or yaml");
}

} // namespace
} // namespace lxcpp::tools
