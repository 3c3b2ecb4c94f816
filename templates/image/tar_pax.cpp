// SPDX-License-Identifier: Apache-2.0
#include "image/tar_pax.h"

#include "base/strings.h"
#include "image/base64.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

namespace lxcpp::image {
namespace {

constexpr std::int64_t kMaxTime = 0x3ffffffff; // ext4's last second, year 2446

std::optional<unsigned> hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    return std::nullopt;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result += text[i];
            continue;
        }
        const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
        const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
        if (!high || !low) return std::nullopt;
        result += static_cast<char>(*high << 4 | *low);
        i += 2;
    }
    return result;
}

} // namespace

// Records are "LENGTH KEY=VALUE\n", LENGTH counting all of it.
std::string_view split_pax(std::string_view text, std::vector<PaxRecord>& records) {
    while (!text.empty()) {
        const auto blank = text.find(' ');
        const auto length = parse_u64(text.substr(0, std::min<std::size_t>(blank, 8)));
        const bool whole = blank != text.npos && length && *length > blank + 1 && *length <= text.size();
        if (!whole || text[*length - 1] != '\n') return "a malformed pax record";
        const auto record = text.substr(blank + 1, *length - blank - 2);
        const auto equals = record.find('=');
        if (equals == record.npos || equals == 0) return "a pax record without a key";
        records.push_back({record.substr(0, equals), record.substr(equals + 1)});
        text.remove_prefix(*length);
    }
    return {};
}

timespec clamp_tar_time(std::int64_t seconds, long nanoseconds) noexcept {
    return {std::clamp<std::int64_t>(seconds, -0x80000000LL, kMaxTime), nanoseconds};
}

std::optional<timespec> parse_pax_time(std::string_view text) {
    const auto dot = text.find('.');
    const auto whole = text.substr(0, dot);
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
    if (whole.empty() || end != whole.data() + whole.size()) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
        return clamp_tar_time(whole.front() == '-' ? std::numeric_limits<std::int64_t>::min() : kMaxTime, 0);
    }
    if (error != std::errc()) return std::nullopt;
    long nanoseconds = 0;
    if (dot != text.npos) {
        std::string digits(text.substr(dot + 1, 9));
        if (digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
        digits.resize(9, '0');
        nanoseconds = static_cast<long>(parse_u64(digits).value_or(0));
    }
    if (whole.front() == '-' && nanoseconds != 0) { // "-1.25" is a quarter before -1
        seconds = std::max(seconds, std::numeric_limits<std::int64_t>::min() + 1) - 1;
        nanoseconds = 1'000'000'000 - nanoseconds;
    }
    return clamp_tar_time(seconds, nanoseconds);
}

std::optional<std::pair<std::string, std::string>> parse_libarchive_xattr(std::string_view name, std::string_view value) {
    auto plain_name = percent_decoded(name);
    std::string padded(value);
    padded.resize((padded.size() + 3) / 4 * 4, '=');
    auto plain_value = decode_base64(padded);
    if (!plain_name || plain_name->empty() || plain_name->find('\0') != std::string::npos || !plain_value) return std::nullopt;
    return std::pair(*std::move(plain_name), *std::move(plain_value));
}

} // namespace lxcpp::image
