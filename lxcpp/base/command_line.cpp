// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>

// Command lines without a shell: split_command and the quoting that it understands.
namespace lxcpp {
namespace {

constexpr std::string_view kSpaces = " \t\r\n\v\f";
// In words of these nothing needs a quote.
constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%^~*?[]{}()<>|&;!#";
constexpr std::string_view kOpen = "$'";

struct Escape {
    char letter;
    char byte;
};
constexpr std::array kEscapes = {
    Escape{'n', '\n'}, Escape{'t', '\t'}, Escape{'r', '\r'},   Escape{'a', '\a'}, Escape{'b', '\b'}, Escape{'e', '\x1b'},
    Escape{'f', '\f'}, Escape{'v', '\v'}, Escape{'\\', '\\'}, Escape{'\'', '\''}, Escape{'"', '"'},
};

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

int digit_of(char c, int base) noexcept {
    int value = base;
    if (c >= '0' && c <= '9') value = c - '0';
    if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
    return value < base ? value : -1;
}

char take_number(std::string_view text, std::size_t& at, int base, std::size_t most) {
    int value = 0;
    std::size_t taken = 0;
    while (taken < most && at < text.size() && digit_of(text[at], base) >= 0) {
        value = value * base + digit_of(text[at++], base);
        ++taken;
    }
    if (taken == 0 || value == 0 || value > 0xff) throw Error("a number that is no byte in $'...': " + printable(text));
    return static_cast<char>(value);
}

// at: behind the backslash; is behind the escape afterwards.
char take_escape(std::string_view text, std::size_t& at) {
    const char letter = text[at];
    if (digit_of(letter, 8) >= 0) return take_number(text, at, 8, 3);
    ++at;
    if (letter == 'x') return take_number(text, at, 16, 2);
    const auto row = std::ranges::find(kEscapes, letter, &Escape::letter);
    if (row == kEscapes.end()) throw Error("an unknown escape in $'...': " + printable(text));
    return row->byte;
}

// at: behind the opening quote; is behind the closing one afterwards.
std::string take_ansi(std::string_view text, std::size_t& at) {
    std::string plain;
    while (at < text.size()) {
        const char c = text[at++];
        if (c == '\'') return plain;
        if (c == '\\' && at < text.size())
            plain += take_escape(text, at);
        else
            plain += c;
    }
    throw Error("command has an unclosed ': " + printable(text));
}

std::string escaped(char c) {
    const auto row = std::ranges::find(kEscapes, c, &Escape::byte);
    if (row != kEscapes.end() && c != '"') return {'\\', row->letter};
    if (!is_control(c)) return {c};
    const auto byte = static_cast<std::uint8_t>(c);
    return "\\x" + to_hex({&byte, 1});
}

// A line of a configuration that begins and ends with the same quote loses both.
std::string quote_word(const std::string& word, bool first) {
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
    const bool simple = std::ranges::none_of(word, [](char c) { return is_control(c) || c == '\''; });
    return simple && !first ? '\'' + word + '\'' : ansi_quote(word);
}

} // namespace

std::string ansi_quote(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) throw Error("a zero byte cannot be quoted: " + printable(text));
    std::string quoted(kOpen);
    for (const char c : text) quoted += escaped(c);
    return quoted + '\'';
}

std::optional<std::string> ansi_unquote(std::string_view text) {
    if (!text.starts_with(kOpen)) return std::nullopt;
    std::size_t at = kOpen.size();
    try {
        std::string plain = take_ansi(text, at);
        if (at == text.size()) return plain;
    } catch (const Error&) { // then it only looks so
    }
    return std::nullopt;
}

std::string quote_command(std::span<const std::string> words) {
    std::string line;
    for (const std::string& word : words) {
        const bool first = line.empty();
        line += (first ? "" : " ") + quote_word(word, first);
    }
    return line;
}

std::string quote_environment(std::string_view assignment) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string_view::npos) return std::string(assignment);
    const std::string_view value = assignment.substr(equals + 1);
    if (std::ranges::none_of(value, is_control) && trim(value) == value && !ansi_unquote(value)) return std::string(assignment);
    return std::string(assignment.substr(0, equals + 1)) + ansi_quote(value);
}

std::vector<std::string> split_command(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '\\' && quote != '\'') {
            if (++i == line.size()) throw Error("command ends in a backslash: " + printable(line));
            word += line[i];
            in_word = true;
        } else if (quote != 0) {
            if (c == quote)
                quote = 0;
            else
                word += c;
        } else if (line.substr(i).starts_with(kOpen)) {
            i += kOpen.size();
            word += take_ansi(line, i);
            --i;
            in_word = true;
        } else if (c == '\'' || c == '"') {
            quote = c;
            in_word = true;
        } else if (kSpaces.find(c) == std::string_view::npos) {
            word += c;
            in_word = true;
        } else if (in_word) {
            words.push_back(std::move(word));
            word.clear();
            in_word = false;
        }
    }
    if (quote != 0) {
        throw Error(std::string("command has an unclosed ") + quote + ": " + printable(line));
    }
    if (in_word) words.push_back(std::move(word));
    return words;
}

} // namespace lxcpp
