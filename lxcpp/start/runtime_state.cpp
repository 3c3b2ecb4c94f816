// SPDX-License-Identifier: Apache-2.0
#include "start/runtime_state.h"

#include "base/error.h"
#include "base/paths.h"
#include "base/strings.h"
#include "config/application.h"
#include "sys/cred.h"
#include "sys/file.h"
#include "sys/own_file.h"
#include "sys/rooted_dir.h"

#include <chrono>
#include <unistd.h>

namespace lxcpp {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// A value is one line in the file.
std::string escape(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

std::string unescape(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        ++i;
        out += text[i] == 'n' ? '\n' : text[i];
    }
    return out;
}

// Lists become key.1, key.2, ...: a key may stand in the file once only.
void put(Pairs& pairs, const std::string& key, const std::vector<std::string>& values) {
    std::size_t number = 0;
    for (const std::string& value : values) pairs.emplace_back(key + '.' + std::to_string(++number), escape(value));
}

std::vector<std::string> take(const Pairs& pairs, const std::string& key) {
    std::vector<std::string> values;
    for (const auto& [name, value] : pairs) {
        if (name == key + '.' + std::to_string(values.size() + 1)) values.push_back(unescape(value));
    }
    return values;
}

std::string take_one(const Pairs& pairs, const std::string& key) {
    for (const auto& [name, value] : pairs) {
        if (name == key) return unescape(value);
    }
    return {};
}

std::vector<std::string> strings(const std::vector<std::filesystem::path>& paths) {
    return {paths.begin(), paths.end()};
}

std::vector<std::filesystem::path> paths(const std::vector<std::string>& values) {
    return {values.begin(), values.end()};
}

std::vector<std::string> share_words(const std::vector<NamespaceShare>& share) {
    std::vector<std::string> words;
    for (const NamespaceShare& entry : share) words.push_back(entry.name + ' ' + entry.target);
    return words;
}

std::vector<NamespaceShare> parse_shares(const std::vector<std::string>& words) {
    std::vector<NamespaceShare> share;
    for (const std::string& word : words) {
        const auto blank = word.find(' ');
        if (blank == std::string::npos) throw Error("runtime state: bad shared namespace \"" + word + '"');
        share.push_back({word.substr(0, blank), word.substr(blank + 1)});
    }
    return share;
}

// A directory is named after its container and its lxcpath; the process of another one is never taken for this one's.
void require_same_container(const SupervisorState& state, const std::filesystem::path& runtime) {
    const std::filesystem::path own = runtime_dir({}, state.lxcpath, state.name);
    if (own == runtime.parent_path().filename() / runtime.filename()) return;
    throw Error("state file: it is that of another container, " + printable(state.name) + " in " + printable(state.lxcpath));
}

} // namespace

bool runs_application(const RuntimeState& state, const Config& config) {
    return state.kind == StartKind::System && state.command.empty() && is_application(config);
}

std::uint64_t monotonic_ms() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::string print_runtime_state(const RuntimeState& state) {
    SupervisorState all = state.supervisor;
    Pairs& extra = all.extra;
    extra.clear();
    put(extra, "cgroup", strings(state.payload_cgroups));
    put(extra, "cgroup-other", strings(state.other_cgroups));
    put(extra, "cgroup-monitor", strings(state.monitor_cgroups));
    extra.emplace_back("kind", state.kind == StartKind::Execute ? "execute" : "system");
    extra.emplace_back("config-file", escape(state.config_file));
    put(extra, "define", state.defines);
    put(extra, "command", state.command);
    put(extra, "share", share_words(state.share));
    extra.emplace_back("log-level", escape(state.log_level));
    extra.emplace_back("cgroup-pattern", escape(state.cgroup_pattern));
    extra.emplace_back("cgroup-use", escape(state.cgroup_use));
    extra.emplace_back("ephemeral", state.ephemeral ? "1" : "0");
    extra.emplace_back("restarts", std::to_string(state.restarts));
    extra.emplace_back("restart-delay", std::to_string(state.restart_delay));
    extra.emplace_back("started", std::to_string(state.started));
    return print_state(all);
}

RuntimeState parse_runtime_state(std::string_view text) {
    RuntimeState state;
    state.supervisor = parse_state_file(text);
    const Pairs& extra = state.supervisor.extra;
    state.payload_cgroups = paths(take(extra, "cgroup"));
    state.other_cgroups = paths(take(extra, "cgroup-other"));
    state.monitor_cgroups = paths(take(extra, "cgroup-monitor"));
    state.kind = take_one(extra, "kind") == "execute" ? StartKind::Execute : StartKind::System;
    state.config_file = take_one(extra, "config-file");
    state.defines = take(extra, "define");
    state.command = take(extra, "command");
    state.share = parse_shares(take(extra, "share"));
    state.log_level = take_one(extra, "log-level");
    state.cgroup_pattern = take_one(extra, "cgroup-pattern");
    state.cgroup_use = take_one(extra, "cgroup-use");
    state.ephemeral = take_one(extra, "ephemeral") == "1";
    state.restarts = static_cast<unsigned>(parse_u64(take_one(extra, "restarts")).value_or(0));
    state.restart_delay = static_cast<unsigned>(parse_u64(take_one(extra, "restart-delay")).value_or(0));
    state.started = parse_u64(take_one(extra, "started")).value_or(0);
    return state;
}

std::optional<RuntimeState> load_runtime_state(const std::filesystem::path& runtime) {
    const auto text = sys::read_own_file_if_exists(runtime / "state", 1u << 20);
    if (!text) return std::nullopt;
    return with_context((runtime / "state").string(), [&] {
        RuntimeState state = parse_runtime_state(*text);
        require_same_container(state.supervisor, runtime);
        return state;
    });
}

void number_terminals(SupervisorState& state, const std::vector<Fd>& masters, bool console) {
    std::size_t next = 0;
    state.console = console && !masters.empty() ? masters[next++].raw() : -1;
    state.ttys.clear();
    for (int number = 1; next < masters.size(); ++number, ++next) state.ttys.push_back({number, masters[next].raw()});
}

void save_runtime_state(const std::filesystem::path& runtime, const RuntimeState& state) {
    sys::write_file_atomic(runtime / "state", print_runtime_state(state), 0600);
}

void make_runtime_parent(const std::filesystem::path& directory) {
    const std::filesystem::path all = directory.parent_path();
    std::optional<sys::ScopedUmask> private_parents; // the number of links of the one above would tell how many run
    if (::geteuid() != 0) private_parents.emplace(0077);
    if (::geteuid() == 0) { // an ordinary user is told below that it is not theirs to write
        sys::make_dirs(all.parent_path(), 0755);
        sys::make_private_dirs(all);
    } else if (!sys::exists(all.parent_path())) { // of the user's home
        sys::make_dirs(all.parent_path(), 0700);
    }
    sys::make_private_dirs(directory);
}

void remove_runtime_dir(const std::filesystem::path& runtime) {
    if (!sys::exists(runtime)) return;
    const sys::RootedDir parent = sys::RootedDir::open(runtime.parent_path());
    const std::string name = runtime.filename().string();
    const std::string gone = std::string(kGonePrefix) + name + '-' + std::to_string(::getpid());
    if (sys::exists(runtime.parent_path() / gone)) parent.remove_tree(gone);
    parent.rename(name, gone, false);
    parent.remove_tree(gone);
}

} // namespace lxcpp
