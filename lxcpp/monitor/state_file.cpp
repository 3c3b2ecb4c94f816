// SPDX-License-Identifier: Apache-2.0
#include "monitor/state_file.h"

#include <lxcpp/error.h>

#include "base/strings.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <type_traits>

namespace lxcpp {
namespace {

constexpr std::string_view kVersion = "1";
constexpr std::string_view kTtyPrefix = "fd.tty.";

template <typename Integer>
bool parse_number(std::string_view text, Integer& out) noexcept {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    return error == std::errc{} && stop == end && !text.empty();
}

// How each type of value is written and read; parse says whether the text was good.
std::string print(const std::string& value) { return value; }
std::string print(bool value) { return value ? "1" : "0"; }
std::string print(State value) { return std::string(state_name(value)); }
template <typename Integer>
    requires std::is_integral_v<Integer>
std::string print(Integer value) {
    return std::to_string(value);
}

bool parse(std::string_view text, std::string& out) {
    out = text;
    return true;
}
bool parse(std::string_view text, bool& out) {
    out = text == "1";
    return out || text == "0";
}
bool parse(std::string_view text, State& out) {
    const std::optional<State> state = parse_state(text);
    if (state) out = *state;
    return state.has_value();
}
template <typename Integer>
    requires std::is_integral_v<Integer>
bool parse(std::string_view text, Integer& out) {
    return parse_number(text, out);
}

// The single list of keys; one whose value is the default is not written.
template <typename Self, typename Visit> void visit_keys(Self& s, Visit&& visit) {
    visit("name", s.name);
    visit("lxcpath", s.lxcpath);
    visit("pid", s.init.pid);
    visit("start_time", s.init.start_time);
    visit("boot_id", s.init.boot_id);
    visit("state", s.state);
    visit("fd.socket", s.socket);
    visit("fd.pidfd", s.pidfd);
    visit("fd.console", s.console);
    visit("fd.status", s.status);
    visit("fd.session", s.session);
    visit("console.buffer", s.console_buffer);
    visit("console.logfile", s.console_logfile);
    visit("console.size", s.console_size);
    visit("console.rotate", s.console_rotate);
    visit("cleanup", s.cleanup);
    visit("log", s.log);
}

void append_line(std::string& out, std::string_view key, std::string_view value) {
    constexpr std::string_view kForbidden("\n\0", 2);
    if (key.find_first_of(kForbidden) != key.npos || value.find_first_of(kForbidden) != value.npos) {
        throw Error("state file: the value of " + std::string(key) + " contains a line end or NUL");
    }
    out.append(key).append("=").append(value).append("\n");
}

[[noreturn]] void refuse(std::size_t line, std::string_view key, std::string_view why) {
    throw Error("state file: line " + std::to_string(line) + ": " + printable(key) + ": " +
                std::string(why));
}

bool take_tty(SupervisorState& state, std::string_view key, std::string_view value) {
    SupervisorState::Tty tty;
    if (!parse_number(key.substr(kTtyPrefix.size()), tty.number) || tty.number < 1) return false;
    if (!parse_number(value, tty.fd) || tty.fd < 0) return false;
    state.ttys.push_back(tty);
    return true;
}

// False when the value is bad.
bool take(SupervisorState& state, std::string_view key, std::string_view value) {
    if (key.starts_with(kTtyPrefix)) return take_tty(state, key, value);
    if (key == "uid") return parse_number(value, state.uid.emplace());
    bool known = false;
    bool good = true;
    visit_keys(state, [&](std::string_view name, auto& field) {
        if (name != key) return;
        known = true;
        good = parse(value, field);
    });
    if (!known) state.extra.emplace_back(key, value);
    return good;
}

void check_complete(const SupervisorState& state) {
    const char* missing = nullptr;
    if (state.name.empty()) missing = "name";
    if (state.init.pid <= 0) missing = "pid";
    if (state.socket < 0) missing = "fd.socket";
    if (state.pidfd < 0) missing = "fd.pidfd";
    if (missing != nullptr) throw Error(std::string("state file: there is no ") + missing);
}

} // namespace

std::string print_state(const SupervisorState& state) {
    std::string out;
    append_line(out, "version", kVersion);
    const SupervisorState defaults;
    visit_keys(state, [&](std::string_view key, const auto& value) {
        bool is_default = false;
        visit_keys(defaults, [&](std::string_view name, const auto& plain) {
            if constexpr (std::is_same_v<decltype(plain), decltype(value)>) {
                if (name == key) is_default = plain == value;
            }
        });
        if (!is_default) append_line(out, key, print(value));
    });
    for (const auto& tty : state.ttys) {
        append_line(out, std::string(kTtyPrefix) + std::to_string(tty.number), std::to_string(tty.fd));
    }
    if (state.uid) append_line(out, "uid", std::to_string(*state.uid));
    for (const auto& [key, value] : state.extra) append_line(out, key, value);
    return out;
}

SupervisorState parse_state_file(std::string_view text) {
    SupervisorState state;
    std::vector<std::string_view> seen;
    std::size_t number = 0;
    for (const std::string_view line : split_lines(text)) {
        ++number;
        const std::size_t equals = line.find('=');
        const std::string_view key = line.substr(0, equals);
        if (equals == line.npos) refuse(number, key, "not \"key=value\"");
        const std::string_view value = line.substr(equals + 1);
        if (number == 1 && (key != "version" || value != kVersion)) {
            refuse(number, line, "this program reads version 1 only");
        }
        if (std::find(seen.begin(), seen.end(), key) != seen.end()) refuse(number, key, "given twice");
        seen.push_back(key);
        if (number > 1 && !take(state, key, value)) refuse(number, key, "bad value");
    }
    check_complete(state);
    return state;
}

std::string print_exit(const std::optional<sys::ExitStatus>& exit) {
    if (!exit) return "unknown";
    return (exit->signaled ? "signal:" : "code:") + std::to_string(exit->value);
}

std::optional<sys::ExitStatus> parse_exit(std::string_view text) {
    const std::string_view whole = trim(text);
    if (whole == "unknown") return std::nullopt;
    sys::ExitStatus status;
    const std::size_t colon = whole.find(':');
    const std::string_view kind = whole.substr(0, colon);
    status.signaled = kind == "signal";
    if (colon == whole.npos || (kind != "code" && kind != "signal") ||
        !parse_number(whole.substr(colon + 1), status.value) || status.value < 0) {
        throw Error("exit status \"" + printable(whole) + "\" is not code:N, signal:N or unknown");
    }
    return status;
}

} // namespace lxcpp
