// SPDX-License-Identifier: Apache-2.0
// Texts that a container writes and we read: its passwd, what its lxcpp-ls prints; names that are
// shown to the administrator; words and numbers of the command line; what a web server answers first.
#include "fuzz/fuzz.h"

#include "attach/environment.h"
#include "base/kernel_names.h"
#include "base/paths.h"
#include "base/strings.h"
#include "common/nested.h"
#include "console/escape.h"
#include "image/http_head.h"
#include "sys/signal.h"

#include <algorithm>
#include <cctype>
#include <cerrno>

namespace lxcpp::fuzz {
namespace {

bool is_plain(char c) { return c >= ' ' && c != 0x7f; }

// Nothing in it can drive a terminal, and doing it twice changes nothing.
void check_printable(std::string_view text) {
    const std::string shown = printable(text);
    FUZZ_CHECK(printable(shown) == shown);
    for (const char c : shown) FUZZ_CHECK(is_plain(c) || static_cast<unsigned char>(c) >= 0x80);
    for (std::size_t i = 0; i + 1 < shown.size(); ++i) { // C1 controls in UTF-8
        const auto next = static_cast<unsigned char>(shown[i + 1]);
        FUZZ_CHECK(shown[i] != '\xc2' || next >= 0xa0);
    }
    if (std::ranges::all_of(text, is_plain) && std::ranges::none_of(text, [](char c) { return c < 0; })) FUZZ_CHECK(shown == text);
}

void check_words(std::string_view text) {
    for (const auto line : split_lines(text)) FUZZ_CHECK(line.find('\n') == line.npos);
    for (const auto word : split_words(text)) FUZZ_CHECK(!word.empty() && word.find_first_of(" \t") == word.npos);
    std::vector<std::string> fields;
    for (const auto part : split(text, ':')) fields.emplace_back(part);
    FUZZ_CHECK(join(fields, ":") == text);
    const auto words = accepted([&] { return split_command(text); });
    if (!words) return;
    if (text.find('\0') == text.npos) FUZZ_CHECK(split_command(quote_command(*words)) == *words);
    // Each word in quotes is that word again.
    std::string quoted;
    for (const std::string& word : *words) {
        if (word.find('\'') != word.npos) return;
        quoted += "'" + word + "' ";
    }
    FUZZ_CHECK_WITH(split_command(quoted) == *words, quoted);
}

void check_numbers(std::string_view text) {
    const std::string copy(text);
    const bool digits = !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
    errno = 0;
    const auto expected = std::strtoull(copy.c_str(), nullptr, 10);
    const auto number = parse_u64(text);
    FUZZ_CHECK_WITH(number.has_value() == (digits && errno == 0), copy);
    if (number) FUZZ_CHECK(*number == expected);
    if (number && *number <= INT64_MAX) FUZZ_CHECK(parse_integer(text) == static_cast<std::int64_t>(*number));
    if (const auto integer = parse_integer(text)) FUZZ_CHECK(parse_integer(std::to_string(*integer)) == *integer);
    if (const auto signal = sys::parse_signal(text)) FUZZ_CHECK(*signal >= 1 && *signal <= 64);
    if (const auto capability = capability_number(text)) FUZZ_CHECK(*capability >= 0 && *capability < 64);
    (void)rlimit_number(text);
    (void)syslog_facility(text);
    (void)accepted([&] { return parse_escape(text); });
}

// Only a line with exactly this number counts, in the very form that the number has.
void check_passwd(std::string_view text) {
    for (const uid_t uid : {0u, 1u, 1000u, 65534u, 4294967295u}) {
        const auto entry = find_passwd(text, uid);
        if (!entry) continue;
        const bool there = std::ranges::any_of(split_lines(text), [&](std::string_view line) {
            const auto fields = split(line, ':');
            if (fields.size() != 7 || fields[0] != entry->name || fields[2].empty()) return false;
            const auto first = fields[2].find_first_not_of('0');
            return fields[2].substr(std::min(first, fields[2].size() - 1)) == std::to_string(uid);
        });
        FUZZ_CHECK_WITH(there, entry->name);
        FUZZ_CHECK(entry->name.find('\n') == std::string::npos && entry->shell.find(':') == std::string::npos);
    }
}

void check_nested(std::string_view text) {
    constexpr std::size_t kDepth = 3;
    const auto rows = accepted([&] { return tools::parse_nested(text, kDepth); });
    if (!rows) return;
    std::vector<std::string> names;
    for (const ListEntry& row : *rows) {
        const auto parts = split(row.name, '/');
        FUZZ_CHECK_WITH(parts.size() <= kDepth, row.name);
        for (const auto part : parts) FUZZ_CHECK_WITH(succeeds([&] { check_container_name(std::string(part)); }), row.name);
        FUZZ_CHECK_WITH(printable(row.name) == row.name, row.name);
        FUZZ_CHECK_WITH(std::ranges::find(names, row.name) == names.end(), row.name);
        names.push_back(row.name);
        for (const std::string& word : row.groups) FUZZ_CHECK(word.size() <= 256);
    }
}

void check_name(std::string_view text) {
    if (!succeeds([&] { check_container_name(text); })) return;
    FUZZ_CHECK(!text.empty() && text != "." && text != ".." && text.size() <= 255);
    FUZZ_CHECK(text.find_first_of(std::string_view("/\0\n", 3)) == text.npos && printable(text) == text);
}

void check_http(std::string_view text) {
    image::HttpHead head;
    for (const auto line : split_lines(text)) {
        head.take_line(line);
        FUZZ_CHECK(head.status >= 0 && head.status <= 999);
        FUZZ_CHECK(printable(head.reason) == head.reason);
        FUZZ_CHECK(head.etag.empty() || head.etag.front() == '"');
    }
}

} // namespace

// The first byte chooses the reader.
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    switch (input.byte()) {
    case 'p': return check_passwd(input.rest());
    case 'j': return check_nested(input.rest());
    case 'h': return check_http(input.rest());
    case 'c': return check_name(input.rest());
    case 'n': return check_numbers(input.rest());
    default: check_printable(bytes), check_words(bytes);
    }
}

std::vector<std::string> made_seeds() { return {}; }

} // namespace lxcpp::fuzz
