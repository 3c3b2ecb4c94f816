// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// All of these are locale-free.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept; // blanks, tabs, CR, LF, VT, FF
// Splits at every separator; empty fields are kept. "" gives one empty field.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
// Splits at runs of blanks and tabs; no empty fields.
[[nodiscard]] std::vector<std::string_view> split_words(std::string_view text);
// Lines without their '\n'; a last line without '\n' counts, an empty tail does not.
[[nodiscard]] std::vector<std::string_view> split_lines(std::string_view text);
// The pieces lie in the text: one that ends with the statement, as in the head of a range-for, is refused.
template <std::same_as<std::string> Text>
void split(Text&&, char) = delete;
template <std::same_as<std::string> Text>
void split_words(Text&&) = delete;
template <std::same_as<std::string> Text>
void split_lines(Text&&) = delete;
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);

// Whole-string integers. parse_u64 accepts decimal only; parse_integer also 0x.. and a sign.
[[nodiscard]] std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept;
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;

// For text that a container or image controls: control, C1 and bidi characters and invalid UTF-8
// come out as \xNN, so that it cannot drive the administrator's terminal.
[[nodiscard]] std::string printable(std::string_view text);

// Splits a command line into argv by blanks; '..' and ".." group, backslash quotes outside single
// quotes, and $'..' is text with escapes (ansi_quote). No shell is involved and nothing is expanded.
// Throws Error on an open quote and an escape that there is not.
[[nodiscard]] std::vector<std::string> split_command(std::string_view line);
// The other way: one line from which split_command() makes these words, whatever is in them. It can stand in a
// configuration as it is. Throws Error on a zero byte.
[[nodiscard]] std::string quote_command(std::span<const std::string> words);
// Any text without a zero byte as one of one line, $'a\nb'; the escapes are those of the shells:
// \n \t \r \a \b \e \f \v \\ \' \" \xHH and up to three octal digits.
[[nodiscard]] std::string ansi_quote(std::string_view text);
// What ansi_quote() was given; nullopt when text is not of that form from beginning to end.
[[nodiscard]] std::optional<std::string> ansi_unquote(std::string_view text);
// NAME=VALUE as a value of lxc.environment, which takes NAME=$'..' for the text that it means; plain where it can be.
[[nodiscard]] std::string quote_environment(std::string_view assignment);

[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
// 64-bit FNV-1a; for names of runtime directories, never for security.
[[nodiscard]] std::uint64_t fnv1a(std::string_view text) noexcept;

} // namespace lxcpp
