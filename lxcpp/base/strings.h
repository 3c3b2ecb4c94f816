// SPDX-License-Identifier: Apache-2.0
#pragma once

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
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);

// Whole-string integers. parse_u64 accepts decimal only; parse_integer also 0x.. and a sign.
[[nodiscard]] std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept;
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;

// For text that a container or image controls: control, C1 and bidi characters and invalid UTF-8
// come out as \xNN, so that it cannot drive the administrator's terminal.
[[nodiscard]] std::string printable(std::string_view text);

// Splits a command line into argv by blanks; '..' and ".." group, backslash quotes outside single
// quotes. No shell is involved and nothing is expanded. Throws Error on an open quote.
[[nodiscard]] std::vector<std::string> split_command(std::string_view line);

[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
// 64-bit FNV-1a; for names of runtime directories, never for security.
[[nodiscard]] std::uint64_t fnv1a(std::string_view text) noexcept;

} // namespace lxcpp
