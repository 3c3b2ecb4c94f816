// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lxcpp::tools {

// A cell of a listing; monostate = not known or not there.
using Cell = std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;

struct Column {
    std::string title; // "STATE"; in other formats "state"
};

struct Rows {
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows; // as long as columns
};

enum class Format { Table, Json, Csv, Yaml };
[[nodiscard]] Format parse_format(const std::string& text); // throws Error

// JSON and YAML: a list of objects; CSV: RFC 4180 with a header line. Times and sizes are plain numbers.
[[nodiscard]] std::string print_rows(const Rows& rows, Format format);
// One object instead of a list.
[[nodiscard]] std::string print_row(const Rows& rows, Format format);

// Columns as wide as their content, left aligned, each followed by one blank, as lxc-ls prints them.
[[nodiscard]] std::string print_table(const std::vector<std::vector<std::string>>& lines);

// Text of a container's making, safe for a terminal, and its width in columns.
[[nodiscard]] std::string text_of(const Cell& cell);

} // namespace lxcpp::tools
