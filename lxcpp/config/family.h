// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The families lxc.X.NAME of which NAME is free: each keeps a list of named values.
// An empty name means all of them; show of all is nullopt where the plain lines
// "lxc.X.NAME = value" are meant.
namespace lxcpp {

using Settings = std::vector<Setting>;

// lxc.sysctl.*, lxc.proc.*: a dotted path below /proc; the last value of a name counts.
struct ProcSettings {
    static constexpr bool kList = false;
    static constexpr std::string_view kSyntax = "VALUE";
    static void check_name(std::string_view sub);
    static void parse(std::string_view sub, std::string_view text, Settings& value);
    static std::optional<std::string> show(std::string_view sub, const Settings& value);
    static void reset(std::string_view sub, Settings& value);
    static void emit(std::string_view prefix, const Settings& value, std::vector<KeyText>& lines);
};

// lxc.cgroup.*, lxc.cgroup2.*: a file of the group; every line is written, in order.
struct CgroupSettings {
    static constexpr bool kList = true;
    static constexpr std::string_view kSyntax = "VALUE";
    static void parse(std::string_view sub, std::string_view text, Settings& value);
    static std::optional<std::string> show(std::string_view sub, const Settings& value);
    static void reset(std::string_view sub, Settings& value);
    static void emit(std::string_view prefix, const Settings& value, std::vector<KeyText>& lines);
};

// lxc.prlimit.*
struct ResourceLimits {
    static constexpr bool kList = false;
    static constexpr std::string_view kSyntax = "SOFT[:HARD], each a number or unlimited";
    using Value = std::vector<ResourceLimit>;
    static void parse(std::string_view sub, std::string_view text, Value& value);
    static std::optional<std::string> show(std::string_view sub, const Value& value);
    static void reset(std::string_view sub, Value& value);
    static void emit(std::string_view prefix, const Value& value, std::vector<KeyText>& lines);
};

// lxc.namespace.share.*
struct NamespaceShares {
    static constexpr bool kList = false;
    static constexpr std::string_view kSyntax = "PID|CONTAINER|PATH";
    using Value = std::vector<NamespaceShare>;
    static void parse(std::string_view sub, std::string_view text, Value& value);
    static std::optional<std::string> show(std::string_view sub, const Value& value);
    static void reset(std::string_view sub, Value& value);
    static void emit(std::string_view prefix, const Value& value, std::vector<KeyText>& lines);
};

// lxc.net.*: the name is N or N.KEY (keys_net.cpp).
struct NetDevices {
    static constexpr bool kList = false;
    static constexpr std::string_view kSyntax = "(empty)";
    using Value = std::vector<NetDevice>;
    static void parse(std::string_view sub, std::string_view text, Value& value);
    static std::optional<std::string> show(std::string_view sub, const Value& value);
    static void reset(std::string_view sub, Value& value);
    static void emit(std::string_view prefix, const Value& value, std::vector<KeyText>& lines);
};

} // namespace lxcpp
