// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/harmless.h"
#include "common/list_filter.h"
#include "common/nested.h"
#include "common/rows.h"
#include "common/say.h"
#include "base/strings.h"
#include "sys/pty.h"

#include <lxcpp/error.h>
#include <lxcpp/manager.h>

#include <algorithm>
#include <cstdio>
#include <fmt/core.h>
#include <map>
#include <optional>

using namespace lxcpp;
using namespace lxcpp::tools;

namespace {

// The columns of lxc-ls, and what of a listing each one needs.
struct ColumnRow {
    std::string_view title;
    void (*need)(ListColumns&);
    Cell (*cell)(const ListEntry&);
};

template <typename Value>
Cell optional_number(const std::optional<Value>& value) {
    if (!value) return std::monostate{};
    return static_cast<std::int64_t>(*value);
}

constexpr ColumnRow kColumns[] = {
    {"NAME", [](ListColumns&) {}, [](const ListEntry& e) -> Cell { return e.name; }},
    {"STATE", [](ListColumns&) {}, [](const ListEntry& e) -> Cell { return std::string(state_name(e.state)); }},
    {"PID", [](ListColumns&) {}, [](const ListEntry& e) -> Cell { return optional_number(e.pid); }},
    {"RAM", [](ListColumns& c) { c.memory = true; }, [](const ListEntry& e) -> Cell { return optional_number(e.memory_bytes); }},
    {"SWAP", [](ListColumns& c) { c.swap = true; }, [](const ListEntry& e) -> Cell { return optional_number(e.swap_bytes); }},
    {"AUTOSTART", [](ListColumns& c) { c.configuration = true; }, [](const ListEntry& e) -> Cell { return std::int64_t{e.autostart}; }},
    {"GROUPS", [](ListColumns& c) { c.configuration = true; }, [](const ListEntry& e) -> Cell { return e.groups; }},
    {"INTERFACE", [](ListColumns& c) { c.addresses = true; }, [](const ListEntry& e) -> Cell { return e.interfaces; }},
    {"IPV4", [](ListColumns& c) { c.addresses = true; }, [](const ListEntry& e) -> Cell { return e.ipv4; }},
    {"IPV6", [](ListColumns& c) { c.addresses = true; }, [](const ListEntry& e) -> Cell { return e.ipv6; }},
    {"UNPRIVILEGED", [](ListColumns& c) { c.configuration = true; }, [](const ListEntry& e) -> Cell { return e.unprivileged; }},
};
constexpr std::string_view kDefaultColumns = "NAME,STATE,AUTOSTART,GROUPS,IPV4,IPV6,UNPRIVILEGED";

// Sizes as lxc-ls shows them; the other formats have bytes.
std::string megabytes(std::uint64_t bytes) { return fmt::format("{:.2f}MB", static_cast<double>(bytes) / (1024 * 1024)); }

std::vector<const ColumnRow*> chosen_columns(const std::string& text) {
    std::vector<const ColumnRow*> columns;
    for (const std::string& typed : split_list(text)) {
        std::string word = typed;
        std::ranges::transform(word, word.begin(), [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); });
        const auto* row = std::ranges::find(kColumns, word, &ColumnRow::title);
        if (row == std::end(kColumns)) {
            tools::say("Invalid key: {}\n", printable(typed));
            return {};
        }
        columns.push_back(row);
    }
    return columns;
}

// What only the configuration tells is not known of a broken one: "unprivileged: false" would be a guess.
bool is_unknown(const ColumnRow& column, const ListEntry& entry) {
    ListColumns needed;
    column.need(needed);
    return needed.configuration && !entry.broken.empty();
}

// As lxc-ls: "outer/inner" in a plain list, indented by level in a table.
std::string indented(const std::string& name) {
    const auto level = static_cast<std::size_t>(std::ranges::count(name, '/'));
    if (level == 0) return name;
    return std::string(level - 1, ' ') + '\\' + name.substr(name.rfind('/') + 1);
}

Cell shown(const ColumnRow& column, const ListEntry& entry, Format format) {
    if (is_unknown(column, entry)) return std::monostate{};
    const Cell cell = column.cell(entry);
    // The table has lxc-ls's 0 and 1; programs get a truth value.
    if (column.title == "AUTOSTART" && format != Format::Table) return entry.autostart;
    if (column.title == "NAME" && format == Format::Table) return indented(entry.name);
    const bool size = column.title == "RAM" || column.title == "SWAP";
    if (!size || format != Format::Table || !std::holds_alternative<std::int64_t>(cell)) return cell;
    return megabytes(static_cast<std::uint64_t>(std::get<std::int64_t>(cell)));
}

std::string fancy(const std::vector<ListEntry>& entries, const std::vector<const ColumnRow*>& columns, Format format) {
    Rows rows;
    for (const ColumnRow* column : columns) rows.columns.push_back({std::string(column->title)});
    for (const ListEntry& entry : entries) {
        rows.rows.emplace_back();
        for (const ColumnRow* column : columns) rows.rows.back().push_back(shown(*column, entry, format));
    }
    if (rows.rows.empty() && format == Format::Table) return "";
    return print_rows(rows, format);
}

// As many columns as fit, filled row by row.
std::string packed(const std::vector<ListEntry>& entries, std::size_t width) {
    std::size_t longest = 0;
    for (const ListEntry& entry : entries) longest = std::max(longest, entry.name.size());
    const std::size_t count = std::max<std::size_t>(1, width / (longest + 1));
    std::vector<std::vector<std::string>> lines;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (i % count == 0) lines.emplace_back();
        lines.back().push_back(entries[i].name);
    }
    return print_table(lines);
}

std::string one_a_line(const std::vector<ListEntry>& entries) {
    std::string text;
    for (const ListEntry& entry : entries) text += entry.name + '\n';
    return text;
}

void warn_broken(const std::vector<ListEntry>& entries, bool quiet) {
    for (const ListEntry& entry : entries) {
        if (!entry.broken.empty() && !quiet) tools::say("lxcpp-ls: {}: {}\n", entry.name, tools::harmless(entry.broken));
    }
}

// Each container with those inside it, as deep as the lister goes. One that gives no answer hides no other.
std::vector<ListEntry> with_nested(std::vector<ListEntry> outer, NestedLister& lister, const ListFilter& filter, bool quiet) {
    std::vector<ListEntry> all;
    bool denied = false;
    for (ListEntry& entry : outer) {
        const std::string name = entry.name;
        const bool ask = entry.state == State::Running && !denied; // a frozen one cannot answer
        all.push_back(std::move(entry));
        if (!ask) continue;
        std::vector<ListEntry> inside;
        try {
            inside = lister.inside(name);
        } catch (const Error& error) {
            const auto* state = dynamic_cast<const StateError*>(&error);
            if (state != nullptr && state->problem() == StateProblem::NotRunning) continue; // it stopped just now
            denied = state != nullptr && state->problem() == StateProblem::Denied;
            if (!quiet) tools::say("lxcpp-ls: --nesting: {}: {}\n", name, tools::harmless(error.what()));
        }
        filter.apply(inside);
        for (ListEntry& nested : inside) {
            nested.name = name + '/' + nested.name;
            all.push_back(std::move(nested));
        }
    }
    return all;
}

constexpr std::size_t kDeepest = 32;

std::size_t parse_depth(const std::string& text) {
    if (text.empty()) return 0;
    const auto depth = parse_u64(text);
    if (!depth || *depth > kDeepest) throw Error("--nesting=" + text + ": expected a number of levels from 0 to " + std::to_string(kDeepest));
    return *depth;
}

std::vector<std::string> titles(const std::vector<const ColumnRow*>& columns, const ListFilter& filter) {
    std::vector<std::string> words;
    for (const ColumnRow* column : columns) words.emplace_back(column->title);
    if (filter.needs().configuration) words.emplace_back("GROUPS");
    return words;
}

} // namespace

int main(int argc, char** argv) {
    Cli cli("lxcpp-ls", "list containers", "[OPTION...] [REGEX]", Cli::Name::None);
    ListFilter filter;
    bool line = false;
    bool is_fancy = false;
    std::optional<std::string> columns_text;
    std::string format_text;
    std::string nesting;
    cli.flag("-1,--line", line, "one name a line");
    cli.flag("-f,--fancy", is_fancy, "a table with columns");
    cli.option("-F,--fancy-format", columns_text, "columns, separated by commas");
    cli.option("--format", format_text, "table, json, csv or yaml (implies -f)");
    cli.optional_value("--nesting", nesting, "5", "also the containers inside running ones, so many levels deep (default 5)");
    filter.add_options(cli);
    return run_tool(cli, argc, argv, [&](Cli& parsed) {
        const Format format = format_text.empty() ? Format::Table : parse_format(format_text);
        is_fancy = is_fancy || !format_text.empty() || columns_text;
        const std::size_t depth = parse_depth(nesting);
        filter.finish(parsed);
        const auto columns = is_fancy ? chosen_columns(columns_text.value_or(std::string(kDefaultColumns))) : std::vector<const ColumnRow*>{};
        if (is_fancy && columns.empty()) return 0; // as lxc-ls does
        ListColumns wanted = filter.needs();
        wanted.elsewhere = wanted.elsewhere || is_fancy || depth > 0;
        for (const ColumnRow* column : columns) column->need(wanted);
        std::vector<ListEntry> entries = Manager(parsed.lxcpath()).list(wanted);
        filter.apply(entries);
        warn_broken(entries, parsed.quiet());
        if (depth > 0) {
            NestedLister lister(parsed.lxcpath(), depth, titles(columns, filter));
            entries = with_nested(std::move(entries), lister, filter, parsed.quiet());
        }
        if (is_fancy) {
            fmt::print("{}", fancy(entries, columns, format));
        } else if (line || !sys::is_terminal(FdRef(1))) {
            fmt::print("{}", line ? one_a_line(entries) : packed(entries, 80));
        } else {
            const auto size = sys::window_size(FdRef(1));
            fmt::print("{}", packed(entries, size && size->ws_col > 0 ? size->ws_col : 80));
        }
        return 0;
    });
}
