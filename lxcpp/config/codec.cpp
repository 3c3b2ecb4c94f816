// SPDX-License-Identifier: Apache-2.0
#include "config/codec.h"

#include "base/kernel_names.h"
#include "base/paths.h"
#include "base/strings.h"
#include "config/problem.h"

#include <lxcpp/error.h>

#include <bit>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>

#include "sys/signal.h"

namespace lxcpp {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kMaxBuffer = std::uint64_t{1} << 40;

template <typename T>
T parse_within(std::string_view text, T low, T high) {
    const auto number = parse_number(text);
    if (!number || *number < std::int64_t{low} || *number > std::int64_t{high})
        reject(text, fmt::format("an integer from {} to {}", low, high));
    return static_cast<T>(*number);
}

std::string_view take_digits(std::string_view& text) {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto digits = text.substr(0, end);
    text = trim(text.substr(end));
    return digits;
}

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array kSizeUnits = {
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"KB", 1024},
    Unit{"MB", 1024 * 1024},
    Unit{"GB", 1024 * 1024 * 1024},
};

constexpr std::array kTimeUnits = {
    Unit{"h", 3'600'000'000'000}, Unit{"m", 60'000'000'000}, Unit{"s", 1'000'000'000},
    Unit{"ms", 1'000'000},        Unit{"us", 1000},          Unit{"ns", 1},
};

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, upper, upper);
}

bool is_relative_beneath(std::string_view path) {
    if (path.starts_with('/')) return false;
    return std::ranges::none_of(split(path, '/'),
                                [](std::string_view part) { return part == ".."; });
}

} // namespace

void reject(std::string_view text, std::string_view expected) {
    throw Error(fmt::format("\"{}\" is not valid, expected {}", excerpt(text), expected));
}

std::optional<std::int64_t> parse_number(std::string_view text) {
    std::string_view digits = text;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    if (digits.size() < 2 || digits[0] != '0' || digits[1] == 'x' || digits[1] == 'X')
        return parse_integer(text);
    std::int64_t value = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
    if (error != std::errc() || stop != digits.data() + digits.size()) return std::nullopt;
    return negative ? -value : value;
}

void Codec<bool>::parse(std::string_view text, bool& value) {
    value = parse_within<int>(text, 0, 1) == 1;
}

void Codec<int>::parse(std::string_view text, int& value) {
    value = parse_within(text, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
}

void Codec<std::uint32_t>::parse(std::string_view text, std::uint32_t& value) {
    // The last id means "no id" to the kernel.
    value = parse_within<std::uint32_t>(text, 0, std::numeric_limits<std::uint32_t>::max() - 1);
}

void Codec<std::optional<LogLevel>>::parse(std::string_view text, Value& value) {
    const auto level = parse_log_level(text);
    if (!level) reject(text, "TRACE, DEBUG, INFO, NOTICE, WARN, ERROR, CRIT, ALERT, FATAL or 0-8");
    value = level;
}

std::string Codec<std::optional<LogLevel>>::show(const Value& value) {
    return value ? std::string(log_level_name(*value)) : "NOTSET";
}

void Codec<TimeOffset>::parse(std::string_view text, TimeOffset& value) {
    constexpr std::string_view expected = "a number and one of h, m, s, ms, us, ns";
    constexpr std::int64_t second = 1'000'000'000;
    constexpr std::uint64_t limit = 9'000'000'000; // seconds; the nanoseconds still fit 64 bits
    std::string_view rest = text;
    const bool negative = rest.starts_with('-');
    if (negative) rest.remove_prefix(1);
    const auto number = parse_u64(take_digits(rest));
    const auto unit = std::ranges::find(kTimeUnits, rest, &Unit::name);
    if (!number || unit == kTimeUnits.end()) reject(text, expected);
    const auto per_second = std::max<std::uint64_t>(second / unit->factor, 1);
    const auto seconds_per_unit = std::max<std::uint64_t>(unit->factor / second, 1);
    if (*number / per_second >= limit / seconds_per_unit) reject(text, "less than 285 years");
    const auto sign = negative ? -1 : 1;
    value.seconds = sign * static_cast<std::int64_t>(*number / per_second * seconds_per_unit);
    value.nanoseconds =
        sign * static_cast<std::int64_t>(*number % per_second * unit->factor % second);
}

std::string Codec<TimeOffset>::show(const TimeOffset& value) {
    if (value.nanoseconds == 0) return fmt::format("{}s", value.seconds);
    const auto magnitude = [](std::int64_t n) {
        return n < 0 ? 0 - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);
    };
    const bool negative = value.seconds < 0 || value.nanoseconds < 0;
    const auto seconds = magnitude(value.seconds);
    const auto digits = fmt::format("{:09}", magnitude(value.nanoseconds));
    if (seconds == 0) return fmt::format("{}{}ns", negative ? "-" : "", parse_u64(digits).value());
    return fmt::format("{}{}{}ns", negative ? "-" : "", seconds, digits);
}

IdMapEntry Codec<std::vector<IdMapEntry>>::item(std::string_view text) {
    const auto words = split_words(text);
    if (words.size() != 4) reject(text, "u|g FIRST_INSIDE FIRST_ON_HOST COUNT");
    IdMapEntry entry;
    Codec<IdKind>::parse(words[0], entry.kind);
    entry.nsid = parse_within<std::uint32_t>(words[1], 0, 0xffff'fffe);
    entry.hostid = parse_within<std::uint32_t>(words[2], 0, 0xffff'fffe);
    entry.range = parse_within<std::uint32_t>(words[3], 1, 0xffff'ffff);
    return entry;
}

std::string Codec<std::vector<IdMapEntry>>::text(const IdMapEntry& item) {
    return fmt::format("{} {} {} {}", name_of(item.kind), item.nsid, item.hostid, item.range);
}

void Codec<std::vector<std::uint32_t>>::parse(std::string_view text, Value& value) {
    Value longer = value;
    for (const auto part : split(text, ','))
        Codec<std::uint32_t>::parse(trim(part), longer.emplace_back());
    value = std::move(longer);
}

std::string Codec<std::vector<std::uint32_t>>::show(const Value& value) {
    return fmt::format("{}", fmt::join(value, ","));
}

void NonNegative::parse(std::string_view text, int& value) {
    value = parse_within(text, 0, std::numeric_limits<int>::max());
}

void HookVersion::parse(std::string_view text, int& value) {
    value = parse_within(text, 0, 1);
}

void SignalNumber::parse(std::string_view text, Value& value) {
    const auto signal = sys::parse_signal(text);
    if (!signal) reject(text, "a number from 1 to 64, SIGNAME, SIGRTMIN+N or SIGRTMAX-N");
    value = signal;
}

void ByteSize::parse(std::string_view text, std::uint64_t& value) {
    std::string_view rest = text;
    const auto number = parse_u64(take_digits(rest));
    const auto unit = std::ranges::find_if(
        kSizeUnits, [&](const Unit& candidate) { return same_word(candidate.name, rest); });
    if (!number || unit == kSizeUnits.end()) reject(text, "a size such as 4096, 64KB, 10MB or 1GB");
    if (*number > kMaxBuffer / unit->factor) reject(text, "a size of at most 1024GB");
    value = *number * unit->factor;
}

void BufferSize::parse(std::string_view text, std::uint64_t& value) {
    std::uint64_t bytes = 128 * 1024;
    if (text != "auto") ByteSize::parse(text, bytes);
    value = bytes == 0 ? 0 : std::bit_ceil(std::max(bytes, kPage));
}

void HostName::parse(std::string_view text, std::string& value) {
    const bool clean = std::ranges::none_of(
        text, [](unsigned char c) { return c <= ' ' || c == '/' || c == 0x7f; });
    if (text.size() > 64 || !clean)
        reject(text, "a host name of at most 64 bytes, no blanks, no /");
    value = text;
}

std::string StagingPath::show(const std::string& value) {
    return value.empty() ? default_paths().rootfs_mount.string() : value;
}

void RelativePath::parse(std::string_view text, std::string& value) {
    if (!is_relative_beneath(text)) reject(text, "a relative path without \"..\"");
    value = text;
}

void PathComponent::parse(std::string_view text, std::string& value) {
    if (text == "." || text == ".." || text.find('/') != text.npos)
        reject(text, "a single name without /");
    value = text;
}

void SyslogFacility::parse(std::string_view text, std::string& value) {
    if (!syslog_facility(text)) reject(text, "daemon or local0 .. local7");
    value = text;
}

void RestartWord::parse(std::string_view text, Restart& value) {
    const auto colon = std::min(text.find(':'), text.size());
    const auto row = std::ranges::find(kNames<RestartPolicy>, text.substr(0, colon), &Named<RestartPolicy>::name);
    const bool counted = colon != text.size();
    if (row == kNames<RestartPolicy>.end() || (counted && row->value != RestartPolicy::OnFailure)) reject(text, kSyntax);
    value.most = counted ? parse_within<std::uint32_t>(text.substr(colon + 1), 1, 1'000'000) : 0;
    value.policy = row->value;
}

std::string RestartWord::show(const Restart& value) {
    return std::string(name_of(value.policy)) + (value.most == 0 ? "" : fmt::format(":{}", value.most));
}

void RestartWord::reset(Restart& value, const Restart& fallback) {
    value.policy = fallback.policy;
    value.most = fallback.most;
}

void Words::parse(std::string_view text, Value& value) {
    for (const auto word : split_words(text)) value.emplace_back(word);
}

// Blanks at the ends are no reason to quote: who writes a line of configuration keeps them (assignment()).
std::string EnvironmentEntries::text(const std::string& item) {
    const bool one_line = std::ranges::none_of(item, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    const bool looks_quoted = ansi_unquote(std::string_view(item).substr(item.find('=') + 1)).has_value();
    return one_line && !looks_quoted ? item : quote_environment(item);
}

std::string EnvironmentEntries::item(std::string_view text) {
    if (text.starts_with('=')) reject(text, "NAME=VALUE or NAME");
    if (const auto equals = text.find('='); equals != text.npos) {
        const auto quoted = ansi_unquote(text.substr(equals + 1));
        return quoted ? std::string(text.substr(0, equals + 1)) + *quoted : std::string(text);
    }
    const std::string name(text);
    const char* inherited = std::getenv(name.c_str());
    if (inherited == nullptr)
        throw Error(fmt::format("the environment has no variable {}; write {}=VALUE", name, name));
    return name + "=" + inherited;
}

} // namespace lxcpp
