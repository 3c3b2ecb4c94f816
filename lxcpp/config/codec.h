// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/strings.h"
#include "config/names.h"
#include "config/types.h"

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A codec turns one field into text and back. It has
//   Value      the field's type
//   kList      true: each line of the file adds to the field instead of replacing it
//   kSyntax    how the value looks, for the manual page
//   parse      text -> field; throws Error that says what was expected
//   show       field -> the text that "get" prints
//   values     field -> the texts that, parsed in order into a fresh field, give it back
//   same/reset the part of the field that this codec is about
namespace lxcpp {

// Throws Error: "TEXT" is not valid, expected EXPECTED.
[[noreturn]] void reject(std::string_view text, std::string_view expected);

// As strtol(3) with base 0 reads it, which LXC does: 0x16 is hexadecimal and 016 octal.
[[nodiscard]] std::optional<std::int64_t> parse_number(std::string_view text);

template <typename T>
struct Codec; // the codec of a field whose type says it all

template <typename Self, typename T>
struct ScalarCodec {
    using Value = T;
    static constexpr bool kList = false;
    static std::vector<std::string> values(const T& value) { return {Self::show(value)}; }
    static bool same(const T& a, const T& b) { return a == b; }
    static void reset(T& value, const T& fallback) { value = fallback; }
};

// Self::item(text) -> Item and Self::text(Item) -> text.
template <typename Self, typename Item>
struct ListCodec {
    using Value = std::vector<Item>;
    static constexpr bool kList = true;
    static constexpr bool kEndsLine = true; // "get" ends each item with a line break
    static void parse(std::string_view text, Value& value) { value.push_back(Self::item(text)); }
    static std::vector<std::string> values(const Value& value) {
        std::vector<std::string> texts;
        for (const Item& item : value) texts.push_back(Self::text(item));
        return texts;
    }
    static std::string show(const Value& value) {
        std::string all;
        for (const Item& item : value) {
            if (!Self::kEndsLine && !all.empty()) all += '\n';
            all += Self::text(item);
            if (Self::kEndsLine) all += '\n';
        }
        return all;
    }
    static bool same(const Value& a, const Value& b) { return a == b; }
    static void reset(Value& value, const Value& fallback) { value = fallback; }
};

template <>
struct Codec<bool> : ScalarCodec<Codec<bool>, bool> {
    static constexpr std::string_view kSyntax = "0|1";
    static void parse(std::string_view text, bool& value);
    static std::string show(const bool& value) { return value ? "1" : "0"; }
};

template <>
struct Codec<int> : ScalarCodec<Codec<int>, int> {
    static constexpr std::string_view kSyntax = "INTEGER";
    static void parse(std::string_view text, int& value);
    static std::string show(const int& value) { return std::to_string(value); }
};

template <>
struct Codec<std::uint32_t> : ScalarCodec<Codec<std::uint32_t>, std::uint32_t> {
    static constexpr std::string_view kSyntax = "ID";
    static void parse(std::string_view text, std::uint32_t& value);
    static std::string show(const std::uint32_t& value) { return std::to_string(value); }
};

template <>
struct Codec<std::string> : ScalarCodec<Codec<std::string>, std::string> {
    static constexpr std::string_view kSyntax = "TEXT";
    static void parse(std::string_view text, std::string& value) { value = text; }
    static std::string show(const std::string& value) { return value; }
};

// The whole rest of the line is one item.
template <>
struct Codec<std::vector<std::string>> : ListCodec<Codec<std::vector<std::string>>, std::string> {
    static constexpr std::string_view kSyntax = "TEXT";
    static std::string item(std::string_view text) { return std::string(text); }
    static std::string text(const std::string& item) { return item; }
};

template <typename E>
requires std::is_enum_v<E>
struct Codec<E> : ScalarCodec<Codec<E>, E> {
    static constexpr std::string_view kSyntax = "WORD";
    static void parse(std::string_view text, E& value) {
        const auto row = std::ranges::find(kNames<E>, text, &Named<E>::name);
        if (row == kNames<E>.end()) reject(text, "one of " + name_list<E>());
        value = row->value;
    }
    static std::string show(const E& value) { return std::string(name_of(value)); }
};

template <>
struct Codec<std::optional<LogLevel>>
    : ScalarCodec<Codec<std::optional<LogLevel>>, std::optional<LogLevel>> {
    static constexpr std::string_view kSyntax = "LEVEL";
    static void parse(std::string_view text, Value& value);
    static std::string show(const Value& value);
};

template <>
struct Codec<TimeOffset> : ScalarCodec<Codec<TimeOffset>, TimeOffset> {
    static constexpr std::string_view kSyntax = "NUMBER h|m|s|ms|us|ns";
    static void parse(std::string_view text, TimeOffset& value);
    static std::string show(const TimeOffset& value);
};

template <>
struct Codec<std::vector<IdMapEntry>> : ListCodec<Codec<std::vector<IdMapEntry>>, IdMapEntry> {
    static constexpr std::string_view kSyntax = "u|g FIRST_INSIDE FIRST_ON_HOST COUNT";
    static constexpr bool kEndsLine = false;
    static IdMapEntry item(std::string_view text);
    static std::string text(const IdMapEntry& item);
};

// Comma separated.
template <>
struct Codec<std::vector<std::uint32_t>>
    : ScalarCodec<Codec<std::vector<std::uint32_t>>, std::vector<std::uint32_t>> {
    static constexpr std::string_view kSyntax = "ID,ID...";
    static constexpr bool kList = true;
    static void parse(std::string_view text, Value& value);
    static std::string show(const Value& value);
};

template <>
struct Codec<AutoMounts> : ScalarCodec<Codec<AutoMounts>, AutoMounts> {
    static constexpr std::string_view kSyntax = "TOKEN...";
    static constexpr bool kList = true;
    static void parse(std::string_view text, AutoMounts& value);
    static std::string show(const AutoMounts& value);
};

// --- fields whose type alone does not say how they are written ---

struct NonNegative : ScalarCodec<NonNegative, int> {
    static constexpr std::string_view kSyntax = "NUMBER";
    static void parse(std::string_view text, int& value);
    static std::string show(const int& value) { return std::to_string(value); }
};

struct HookVersion : ScalarCodec<HookVersion, int> {
    static constexpr std::string_view kSyntax = "0|1";
    static void parse(std::string_view text, int& value);
    static std::string show(const int& value) { return std::to_string(value); }
};

struct SignalNumber : ScalarCodec<SignalNumber, std::optional<int>> {
    static constexpr std::string_view kSyntax = "SIGNAL";
    static void parse(std::string_view text, Value& value);
    static std::string show(const Value& value) { return std::to_string(value.value_or(0)); }
};

// 12, 12KB, 12 MB, 1GB; KB is 1024.
struct ByteSize : ScalarCodec<ByteSize, std::uint64_t> {
    static constexpr std::string_view kSyntax = "BYTES[KB|MB|GB]";
    static void parse(std::string_view text, std::uint64_t& value);
    static std::string show(const std::uint64_t& value) { return std::to_string(value); }
};

// A ByteSize rounded up to a power of two of at least a page, or "auto" (128 KiB).
struct BufferSize : ByteSize {
    static constexpr std::string_view kSyntax = "BYTES[KB|MB|GB]|auto";
    static void parse(std::string_view text, std::uint64_t& value);
};

struct HostName : Codec<std::string> {
    static constexpr std::string_view kSyntax = "NAME";
    static void parse(std::string_view text, std::string& value);
};

struct PathText : Codec<std::string> {
    static constexpr std::string_view kSyntax = "PATH";
};

// Not set it is the directory that this installation has for it.
struct StagingPath : Codec<std::string> {
    static constexpr std::string_view kSyntax = "PATH";
    static std::string show(const std::string& value);
    static std::vector<std::string> values(const std::string& value) { return {value}; }
};

struct CommandLine : Codec<std::string> {
    static constexpr std::string_view kSyntax = "COMMAND";
};

struct CommandLines : Codec<std::vector<std::string>> {
    static constexpr std::string_view kSyntax = "COMMAND";
};

// A path below another one: relative, no "..".
struct RelativePath : Codec<std::string> {
    static constexpr std::string_view kSyntax = "RELATIVE_PATH";
    static void parse(std::string_view text, std::string& value);
};

struct PathComponent : Codec<std::string> {
    static constexpr std::string_view kSyntax = "NAME";
    static void parse(std::string_view text, std::string& value);
};

struct SyslogFacility : Codec<std::string> {
    static constexpr std::string_view kSyntax = "daemon|local0..local7";
    static void parse(std::string_view text, std::string& value);
};

// Blank separated words; "get" prints one a line.
struct Words : Codec<std::vector<std::string>> {
    static constexpr std::string_view kSyntax = "WORD...";
    static void parse(std::string_view text, Value& value);
};

// NAME=VALUE, also as quote_environment() writes it; a bare NAME takes the value of the reading process's environment.
struct EnvironmentEntries : ListCodec<EnvironmentEntries, std::string> {
    static constexpr std::string_view kSyntax = "NAME[=VALUE]";
    static std::string item(std::string_view text);
    static std::string text(const std::string& item); // as it is where a line can hold it
};

// An empty drop or keep line takes both lists back.
struct CapabilityDrop : ScalarCodec<CapabilityDrop, Capabilities> {
    static constexpr std::string_view kSyntax = "CAPABILITY...";
    static constexpr bool kList = true;
    static void parse(std::string_view text, Capabilities& value);
    static std::string show(const Capabilities& value);
    static std::vector<std::string> values(const Capabilities& value) { return value.drop; }
    static bool same(const Capabilities& a, const Capabilities& b) { return a.drop == b.drop; }
};

struct CapabilityKeep : ScalarCodec<CapabilityKeep, Capabilities> {
    static constexpr std::string_view kSyntax = "none|CAPABILITY...";
    static constexpr bool kList = true;
    static void parse(std::string_view text, Capabilities& value);
    static std::string show(const Capabilities& value);
    static std::vector<std::string> values(const Capabilities& value);
    static bool same(const Capabilities& a, const Capabilities& b) { return a.keep == b.keep; }
};

// CLONE_NEW* mask as the words of /proc/PID/ns.
struct NamespaceMask : ScalarCodec<NamespaceMask, std::uint64_t> {
    static constexpr std::string_view kSyntax = "NAMESPACE...";
    static constexpr bool kList = true;
    static void parse(std::string_view text, std::uint64_t& value);
    static std::string show(const std::uint64_t& value);
    static std::vector<std::string> values(const std::uint64_t& value);
};

// [TYPE:]PATH; "get" prints the path alone.
struct RootfsPath : ScalarCodec<RootfsPath, Rootfs> {
    static constexpr std::string_view kSyntax = "[TYPE:]PATH";
    static void parse(std::string_view text, Rootfs& value);
    static std::string show(const Rootfs& value) { return value.path; }
    static std::vector<std::string> values(const Rootfs& value);
    static bool same(const Rootfs& a, const Rootfs& b);
    static void reset(Rootfs& value, const Rootfs& fallback);
};

// POLICY[:N]: N only of on-failure.
struct RestartWord : ScalarCodec<RestartWord, Restart> {
    static constexpr std::string_view kSyntax = "no|on-failure[:N]|always|unless-stopped";
    static void parse(std::string_view text, Restart& value);
    static std::string show(const Restart& value);
    static bool same(const Restart& a, const Restart& b) { return a.policy == b.policy && a.most == b.most; }
    static void reset(Restart& value, const Restart& fallback);
};

struct RootfsOptions : Codec<std::string> {
    static constexpr std::string_view kSyntax = "OPTION,OPTION...";
    static void parse(std::string_view text, std::string& value);
};

// unix:PATH; "get" prints without the prefix.
struct NotifyProxy : ScalarCodec<NotifyProxy, std::string> {
    static constexpr std::string_view kSyntax = "unix:PATH|unix:@NAME";
    static void parse(std::string_view text, std::string& value);
    static std::string show(const std::string& value);
    static std::vector<std::string> values(const std::string& value) { return {value}; }
};

// The bare "lxc.hook": nothing but a way to clear all hooks at once.
struct AllHooks : ScalarCodec<AllHooks, Hooks> {
    static constexpr std::string_view kSyntax = "(empty)";
    static void parse(std::string_view text, Hooks& value);
    static std::optional<std::string> show(const Hooks&) { return std::nullopt; }
    static std::vector<std::string> values(const Hooks&) { return {}; }
    static bool same(const Hooks&, const Hooks&) { return true; }
    static void reset(Hooks& value, const Hooks& fallback);
};

} // namespace lxcpp
