// SPDX-License-Identifier: Apache-2.0
#include "config/family.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>

#include "sys/namespace.h"

namespace lxcpp {
namespace {

void need_name(std::string_view sub) {
    if (sub.empty()) throw Error("a value needs the name behind it: KEY.NAME = VALUE");
}

template <typename Value>
auto* find_named(Value& value, std::string_view name) {
    const auto row = std::ranges::find(
        value, name, [](const auto& item) -> std::string_view { return item.name; });
    return row == value.end() ? nullptr : &*row;
}

template <typename Value>
auto& find_or_add(Value& value, std::string_view name) {
    if (auto* found = find_named(value, name)) return *found;
    value.push_back({.name = std::string(name)});
    return value.back();
}

template <typename Value>
void erase_named(std::string_view sub, Value& value) {
    std::erase_if(value, [&](const auto& item) { return sub.empty() || item.name == sub; });
}

std::optional<std::uint64_t> parse_limit(std::string_view text) {
    if (text == "unlimited") return std::nullopt;
    const auto number = parse_u64(text);
    if (!number) reject(text, "a number or unlimited");
    return number;
}

std::string limit_text(const std::optional<std::uint64_t>& limit) {
    return limit ? std::to_string(*limit) : "unlimited";
}

std::string limits_text(const ResourceLimit& limit) {
    if (limit.soft == limit.hard) return limit_text(limit.soft);
    return limit_text(limit.soft) + ":" + limit_text(limit.hard);
}

void emit_settings(std::string_view prefix, const Settings& value, std::vector<KeyText>& lines) {
    for (const auto& item : value)
        lines.push_back({fmt::format("{}.{}", prefix, item.name), item.value});
}

} // namespace

void ProcSettings::check_name(std::string_view sub) {
    need_name(sub);
    const auto bad = [](std::string_view part) {
        return part.empty() || part == "." || part == "..";
    };
    const bool blank = sub.find_first_of(" \t") != sub.npos;
    if (blank || std::ranges::any_of(split(sub, '/'), bad) ||
        std::ranges::any_of(split(sub, '.'), bad))
        reject(sub, "a dotted name such as net.ipv4.ip_forward");
}

void ProcSettings::parse(std::string_view sub, std::string_view text, Settings& value) {
    check_name(sub);
    find_or_add(value, sub).value = text;
}

std::optional<std::string> ProcSettings::show(std::string_view sub, const Settings& value) {
    if (sub.empty()) return std::nullopt;
    const auto* found = find_named(value, sub);
    return found == nullptr ? "" : found->value;
}

void ProcSettings::reset(std::string_view sub, Settings& value) {
    erase_named(sub, value);
}

void ProcSettings::emit(std::string_view prefix, const Settings& value,
                        std::vector<KeyText>& lines) {
    emit_settings(prefix, value, lines);
}

void CgroupSettings::parse(std::string_view sub, std::string_view text, Settings& value) {
    need_name(sub);
    const bool own_key = sub.substr(0, sub.find('.')) == "dir"; // a misspelt lxc.cgroup.dir.*
    if (own_key || sub.starts_with('.') || sub.find_first_of("/ \t") != sub.npos)
        reject(sub, "the name of a file in the group, such as memory.max");
    value.push_back({std::string(sub), std::string(text)});
}

std::optional<std::string> CgroupSettings::show(std::string_view sub, const Settings& value) {
    if (sub.empty()) return std::nullopt;
    std::string all;
    for (const auto& item : value)
        if (item.name == sub) all += item.value + "\n";
    return all;
}

void CgroupSettings::reset(std::string_view sub, Settings& value) {
    erase_named(sub, value);
}

void CgroupSettings::emit(std::string_view prefix, const Settings& value,
                          std::vector<KeyText>& lines) {
    emit_settings(prefix, value, lines);
}

void ResourceLimits::parse(std::string_view sub, std::string_view text, Value& value) {
    need_name(sub);
    const auto parts = split(text, ':');
    if (parts.size() > 2) reject(text, kSyntax);
    const auto soft = parse_limit(trim(parts[0]));
    const auto hard = parts.size() == 2 ? parse_limit(trim(parts[1])) : soft;
    if (hard && (!soft || *soft > *hard)) reject(text, "a soft limit not above the hard one");
    auto& limit = find_or_add(value, sub);
    limit.soft = soft;
    limit.hard = hard;
}

std::optional<std::string> ResourceLimits::show(std::string_view sub, const Value& value) {
    if (sub.empty()) return std::nullopt;
    const auto* found = find_named(value, sub);
    return found == nullptr ? "" : limits_text(*found);
}

void ResourceLimits::reset(std::string_view sub, Value& value) {
    erase_named(sub, value);
}

void ResourceLimits::emit(std::string_view prefix, const Value& value,
                          std::vector<KeyText>& lines) {
    for (const auto& limit : value)
        lines.push_back({fmt::format("{}.{}", prefix, limit.name), limits_text(limit)});
}

void NamespaceShares::parse(std::string_view sub, std::string_view text, Value& value) {
    need_name(sub);
    if (sys::find_namespace(sub) == nullptr)
        reject(sub, "user, mnt, pid, uts, ipc, net, cgroup or time");
    find_or_add(value, sub).target = text;
}

std::optional<std::string> NamespaceShares::show(std::string_view sub, const Value& value) {
    if (sys::find_namespace(sub) == nullptr) return std::nullopt;
    const auto* found = find_named(value, sub);
    return found == nullptr ? "" : found->target;
}

void NamespaceShares::reset(std::string_view sub, Value& value) {
    erase_named(sub, value);
}

void NamespaceShares::emit(std::string_view prefix, const Value& value,
                           std::vector<KeyText>& lines) {
    for (const auto& item : value)
        lines.push_back({fmt::format("{}.{}", prefix, item.name), item.target});
}

} // namespace lxcpp
