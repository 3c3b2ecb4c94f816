// SPDX-License-Identifier: Apache-2.0
#include "common/rows.h"

#include "base/ascii.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace lxcpp::tools {
namespace {

using Json = nlohmann::ordered_json;

std::string key_of(const Column& column) {
    std::string key = column.title;
    std::ranges::transform(key, key.begin(), [](char c) { return c == ' ' ? '_' : ascii_lower(c); });
    return key;
}

struct ToJson {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool value) const { return value; }
    Json operator()(std::int64_t value) const { return value; }
    Json operator()(const std::string& value) const { return value; }
    Json operator()(const std::vector<std::string>& value) const { return value; }
};

Json object_of(const Rows& rows, const std::vector<Cell>& row) {
    Json object = Json::object();
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        object[key_of(rows.columns[i])] = std::visit(ToJson{}, row.at(i));
    }
    return object;
}

// DEL, C1 controls, line separators and marks of writing direction, all of them below U+10000.
bool drives_terminal(unsigned code) {
    return code == 0x7f || (code >= 0x80 && code <= 0x9f) || code == 0x61c || (code >= 0x200e && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

// The code at a place of valid UTF-8, and how many bytes it takes.
std::pair<unsigned, std::size_t> code_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
    const unsigned first = byte(at);
    const std::size_t length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 1 || at + length > text.size()) return {first, 1};
    unsigned code = first & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(at + i) & 0x3f);
    return {code, length};
}

// Container-made bytes that are no UTF-8 come out as U+FFFD instead of failing the listing. JSON leaves
// some characters as they are that a terminal obeys: they become \uXXXX, which reads back as the same.
std::string dump(const Json& value, int indent) {
    const std::string plain = value.dump(indent, ' ', false, Json::error_handler_t::replace);
    std::string text;
    for (std::size_t i = 0; i < plain.size();) {
        const auto [code, length] = code_at(plain, i);
        text += drives_terminal(code) ? fmt::format("\\u{:04x}", code) : plain.substr(i, length);
        i += length;
    }
    return text;
}

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string csv_text(const Cell& cell) {
    if (std::holds_alternative<std::monostate>(cell)) return "";
    if (const auto* list = std::get_if<std::vector<std::string>>(&cell)) return printable(join(*list, " "));
    if (const auto* text = std::get_if<std::string>(&cell)) return printable(*text);
    return text_of(cell);
}

std::string print_csv(const Rows& rows) {
    std::string text;
    for (std::size_t i = 0; i < rows.columns.size(); ++i) text += (i > 0 ? "," : "") + key_of(rows.columns[i]);
    text += "\r\n";
    for (const auto& row : rows.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "," : "") + csv_field(csv_text(row[i]));
        text += "\r\n";
    }
    return text;
}

// A word that no YAML reader takes for anything but a text.
bool is_plain_word(const std::string& text) {
    static constexpr std::array<std::string_view, 9> kOther{"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
    if (text.empty() || text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") != std::string::npos) return false;
    const char first = text.front();
    if ((first < 'a' || first > 'z') && (first < 'A' || first > 'Z') && first != '/') return false;
    return std::ranges::find(kOther, ascii_lower(text)) == kOther.end();
}

// Everything else as JSON, which is YAML too and needs no second set of quoting rules.
std::string yaml_value(const Cell& cell) {
    const auto* text = std::get_if<std::string>(&cell);
    return text != nullptr && is_plain_word(*text) ? *text : dump(std::visit(ToJson{}, cell), -1);
}

std::string yaml_object(const Rows& rows, const std::vector<Cell>& row, const std::string& first, const std::string& next) {
    std::string text;
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        text += (i == 0 ? first : next) + key_of(rows.columns[i]) + ": " + yaml_value(row[i]) + '\n';
    }
    return text;
}

std::string print_yaml(const Rows& rows) {
    if (rows.rows.empty()) return "[]\n";
    std::string text;
    for (const auto& row : rows.rows) text += yaml_object(rows, row, "- ", "  ");
    return text;
}

} // namespace

Format parse_format(const std::string& text) {
    static constexpr std::array<std::pair<std::string_view, Format>, 4> kFormats{
        {{"table", Format::Table}, {"json", Format::Json}, {"csv", Format::Csv}, {"yaml", Format::Yaml}}};
    for (const auto& [name, format] : kFormats) {
        if (name == text) return format;
    }
    throw Error("--format " + text + ": expected table, json, csv or yaml");
}

std::string text_of(const Cell& cell) {
    struct ToText {
        std::string operator()(std::monostate) const { return "-"; }
        std::string operator()(bool value) const { return value ? "true" : "false"; }
        std::string operator()(std::int64_t value) const { return std::to_string(value); }
        std::string operator()(const std::string& value) const { return value.empty() ? "-" : printable(value); }
        std::string operator()(const std::vector<std::string>& value) const {
            return value.empty() ? "-" : printable(join(value, ", "));
        }
    };
    return std::visit(ToText{}, cell);
}

std::string print_table(const std::vector<std::vector<std::string>>& lines) {
    std::vector<std::size_t> widths;
    for (const auto& line : lines) {
        widths.resize(std::max(widths.size(), line.size()));
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    }
    std::string text;
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) text += line[i] + std::string(widths[i] - line[i].size() + 1, ' ');
        text += '\n';
    }
    return text;
}

std::string print_rows(const Rows& rows, Format format) {
    if (format == Format::Csv) return print_csv(rows);
    if (format == Format::Yaml) return print_yaml(rows);
    if (format == Format::Json) {
        Json list = Json::array();
        for (const auto& row : rows.rows) list.push_back(object_of(rows, row));
        return dump(list, 2) + '\n';
    }
    std::vector<std::vector<std::string>> lines(1);
    for (const Column& column : rows.columns) lines[0].push_back(column.title);
    for (const auto& row : rows.rows) {
        lines.emplace_back();
        for (const Cell& cell : row) lines.back().push_back(text_of(cell));
    }
    return print_table(lines);
}

std::string print_row(const Rows& rows, Format format) {
    if (format == Format::Json) return dump(object_of(rows, rows.rows.at(0)), 2) + '\n';
    if (format == Format::Yaml) return yaml_object(rows, rows.rows.at(0), "", "");
    return print_rows(rows, format);
}

} // namespace lxcpp::tools
