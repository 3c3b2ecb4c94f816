// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The text of pax headers (POSIX.1-2017, pax, "pax Header Block").
namespace lxcpp::image {

struct PaxRecord {
    std::string_view key;
    std::string_view value;
};

// Takes apart all records of a header. "" or what is wrong with it.
[[nodiscard]] std::string_view split_pax(std::string_view text, std::vector<PaxRecord>& records);

// "1700000000.123456789"; digits past nine are cut off, seconds clamped to what file systems hold.
[[nodiscard]] std::optional<timespec> parse_pax_time(std::string_view text);
[[nodiscard]] timespec clamp_tar_time(std::int64_t seconds, long nanoseconds) noexcept;

// "NAME" of "LIBARCHIVE.xattr.NAME" and its value: percent-encoded, and base64 that is not padded.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> parse_libarchive_xattr(std::string_view name,
                                                                                       std::string_view value);

} // namespace lxcpp::image
