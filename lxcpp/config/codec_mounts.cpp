// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "config/codec.h"

#include <lxcpp/error.h>

// lxc.mount.auto: a word list of which each word belongs to one class, the last of a class counts.
namespace lxcpp {
namespace {

constexpr std::string_view kShmounts = "shmounts:";
constexpr std::string_view kDefaultShmountsTarget = "/dev/.lxc-mounts";

constexpr std::string_view kTokens =
    "proc[:mixed|rw], sys[:mixed|ro|rw], cgroup[:mixed|ro|rw][:force], "
    "cgroup-full[:mixed|ro|rw][:force], cgroup2[:ro|rw][:force] or shmounts:HOST_DIR[:DIR]";

AutoMode parse_mode(std::string_view word, std::string_view token) {
    const auto row = std::ranges::find(kNames<AutoMode>, word, &Named<AutoMode>::name);
    if (row == kNames<AutoMode>.end()) reject(token, kTokens);
    return row->value;
}

void parse_proc(std::span<const std::string_view> modes, std::string_view token, AutoMounts& out) {
    const auto mode = modes.empty() ? AutoMode::Mixed : parse_mode(modes[0], token);
    if (modes.size() > 1 || mode == AutoMode::ReadOnly) reject(token, kTokens);
    out.proc = mode;
}

void parse_sys(std::span<const std::string_view> modes, std::string_view token, AutoMounts& out) {
    if (modes.size() > 1) reject(token, kTokens);
    out.sys = modes.empty() ? AutoMode::Mixed : parse_mode(modes[0], token);
}

void parse_cgroup(AutoCgroup kind, std::span<const std::string_view> modes, std::string_view token,
                  AutoMounts& out) {
    const bool force = !modes.empty() && modes.back() == "force";
    if (force) modes = modes.first(modes.size() - 1);
    if (modes.size() > 1) reject(token, kTokens);
    out.cgroup_mode = modes.empty() ? AutoMode::Default : parse_mode(modes[0], token);
    out.cgroup = kind;
    out.cgroup_force = force;
}

void parse_shmounts(std::string_view token, AutoMounts& out) {
    const auto parts = split(token.substr(kShmounts.size()), ':');
    if (parts.size() > 2 || !parts[0].starts_with('/')) reject(token, kTokens);
    if (parts.size() == 2 && !parts[1].starts_with('/')) reject(token, kTokens);
    out.shmounts_host = parts[0];
    out.shmounts_container = parts.size() == 2 ? parts[1] : kDefaultShmountsTarget;
}

void parse_token(std::string_view token, AutoMounts& out) {
    if (token.starts_with(kShmounts)) return parse_shmounts(token, out);
    const auto parts = split(token, ':');
    const auto modes = std::span(parts).subspan(1);
    if (parts[0] == "proc") return parse_proc(modes, token, out);
    if (parts[0] == "sys") return parse_sys(modes, token, out);
    const auto row = std::ranges::find(kNames<AutoCgroup>, parts[0], &Named<AutoCgroup>::name);
    if (row == kNames<AutoCgroup>.end()) reject(token, kTokens);
    parse_cgroup(row->value, modes, token, out);
}

void add_word(std::string& all, std::string_view word) {
    if (!all.empty()) all += ' ';
    all += word;
}

void add_mode(std::string& all, AutoMode mode) {
    if (mode == AutoMode::Default) return;
    all += ':';
    all += name_of(mode);
}

} // namespace

void Codec<AutoMounts>::parse(std::string_view text, AutoMounts& value) {
    AutoMounts changed = value;
    for (const auto token : split_words(text)) parse_token(token, changed);
    value = changed;
}

std::string Codec<AutoMounts>::show(const AutoMounts& value) {
    std::string all;
    if (value.proc) {
        add_word(all, "proc");
        add_mode(all, *value.proc);
    }
    if (value.sys) {
        add_word(all, "sys");
        add_mode(all, *value.sys);
    }
    if (value.cgroup != AutoCgroup::None) {
        add_word(all, name_of(value.cgroup));
        add_mode(all, value.cgroup_mode);
        if (value.cgroup_force) all += ":force";
    }
    if (!value.shmounts_host.empty())
        add_word(all, "shmounts:" + value.shmounts_host + ":" + value.shmounts_container);
    return all;
}

} // namespace lxcpp
