// SPDX-License-Identifier: Apache-2.0
// Files of the runtime directory and what monitor and clean-up are called with: a damaged one is refused
// or read as what it says, never as somebody else's process.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "monitor/handover.h"
#include "monitor/state_file.h"
#include "start/made.h"
#include "start/owner.h"
#include "start/run_note.h"
#include "start/runtime_state.h"
#include "sys/file.h"

#include <filesystem>
#include <unistd.h>

namespace lxcpp::fuzz {
namespace {

namespace fs = std::filesystem;

// A directory of our own in memory, for as long as the process lives.
const fs::path& directory() {
    static const struct Directory {
        fs::path path = fs::path("/dev/shm") / ("lxcpp-fuzz-runtime-" + std::to_string(::getpid()));
        Directory() { fs::create_directory(path); }
        ~Directory() { fs::remove_all(path); }
    } made;
    return made.path;
}

void write(const char* name, std::string_view text) {
    const Fd file = sys::open_file(directory() / name,
                                   {.access = sys::Access::Write, .create = true, .truncate = true, .mode = 0600});
    sys::write_all(file, text, "the input");
}

void check_state(std::string_view text) {
    const auto state = accepted([&] { return parse_state_file(text); });
    if (state) {
        FUZZ_CHECK(state->init.pid > 0 && state->socket >= 0 && state->pidfd >= 0 && !state->name.empty());
        const auto printed = accepted([&] { return print_state(*state); });
        FUZZ_CHECK(printed.has_value() || text.find('\0') != text.npos);
        if (printed) FUZZ_CHECK_WITH(parse_state_file(*printed) == *state, *printed);
        FUZZ_CHECK(monitor_title(*state).find(state->name) != std::string::npos);
    }
    const auto runtime = accepted([&] { return parse_runtime_state(text); });
    if (!runtime) return;
    FUZZ_CHECK(state.has_value());
    const auto printed = accepted([&] { return print_runtime_state(*runtime); });
    FUZZ_CHECK(printed.has_value() || text.find('\0') != text.npos);
    if (!printed) return;
    const RuntimeState again = parse_runtime_state(*printed);
    FUZZ_CHECK_WITH(print_runtime_state(again) == *printed, *printed);
    FUZZ_CHECK(again.payload_cgroups == runtime->payload_cgroups && again.defines == runtime->defines &&
               again.command == runtime->command && again.share == runtime->share);
    for (const NamespaceShare& share : runtime->share) FUZZ_CHECK(share.name.find(' ') == std::string::npos);
}

void check_exit(std::string_view text) {
    const auto exit = accepted([&] { return parse_exit(text); });
    if (!exit) return;
    FUZZ_CHECK(parse_exit(print_exit(*exit)) == *exit);
    if (*exit) FUZZ_CHECK((*exit)->value >= 0);
}

void check_arguments(std::string_view text) {
    std::vector<std::string> words;
    for (const auto line : split_lines(text)) words.emplace_back(line);
    if (const auto arguments = accepted([&] { return parse_supervisor_arguments(words); })) {
        FUZZ_CHECK(arguments->runtime_dir >= 0);
        FUZZ_CHECK(parse_supervisor_arguments(print_arguments(*arguments)) == *arguments);
    }
    if (const auto arguments = accepted([&] { return parse_cleanup_arguments(words); })) {
        FUZZ_CHECK(arguments->runtime_dir >= 0);
        FUZZ_CHECK(parse_cleanup_arguments(print_arguments(*arguments)) == *arguments);
    }
}

void check_owner(std::string_view text) {
    write("owner", text);
    const auto owner = load_owner(directory());
    // A number that is no process would be a group of processes, or all of them, to kill(2).
    if (owner) FUZZ_CHECK_WITH(owner->process.pid > 0, text);
    if (owner) FUZZ_CHECK_WITH(text.find(std::to_string(owner->process.pid)) != text.npos, text);
}

void check_made(std::string_view text) {
    write("made", text);
    const Made made = load_made(directory());
    const auto lines = split_lines(text);
    FUZZ_CHECK(made.payload.size() + made.others.size() <= lines.size());
    if (made.init) FUZZ_CHECK_WITH(made.init->pid > 1, text); // it is killed
    // A line that was cut off names another place than it was to.
    if (lines.empty() || text.ends_with('\n')) return;
    FUZZ_CHECK(made.payload.size() + made.others.size() < lines.size());
    if (text.find('\0') == text.npos) {
        save_made(directory(), made);
        FUZZ_CHECK(load_made(directory()) == made);
    }
}

// What another user may have written: its processes are named, and nothing is done to them.
void check_run_note(std::string_view text) {
    const auto note = parse_run_note(text);
    if (!note) return;
    FUZZ_CHECK_WITH(note->init.pid > 0 && note->owner.pid > 0 && note->inode != 0, text);
    const auto again = parse_run_note(print_run_note(*note));
    FUZZ_CHECK(again.has_value());
    FUZZ_CHECK(again->init == note->init && again->owner == note->owner && again->uid == note->uid);
    const std::string told = run_note_text(*note, "/var/lib/lxcpp/c1");
    FUZZ_CHECK_WITH(told == printable(told), told);
}

} // namespace

// The first byte chooses the file.
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    switch (input.byte()) {
    case 's': return check_state(input.rest());
    case 'e': return check_exit(input.rest());
    case 'a': return check_arguments(input.rest());
    case 'o': return check_owner(input.rest());
    case 'm': return check_made(input.rest());
    case 'r': return check_run_note(input.rest());
    default: return;
    }
}

std::vector<std::string> made_seeds() {
    RuntimeState state;
    SupervisorState& supervisor = state.supervisor;
    supervisor.name = "c1";
    supervisor.lxcpath = "/var/lib/lxcpp";
    supervisor.init = {42, 4711, "8f2a5c0e-0000-4000-8000-000000000001"};
    supervisor.socket = 5;
    supervisor.pidfd = 6;
    supervisor.console = 7;
    supervisor.status = 8;
    supervisor.ttys = {{1, 9}, {2, 10}};
    supervisor.console_buffer = 131072;
    supervisor.console_logfile = "/var/log/c1";
    supervisor.console_rotate = true;
    supervisor.uid = 1000;
    state.payload_cgroups = {"/sys/fs/cgroup/lxc.payload.c1"};
    state.other_cgroups = {"/sys/fs/cgroup/lxc.monitor.c1"};
    state.defines = {"lxc.uts.name=a\nb\\"};
    state.command = {"/bin/sh", ""};
    state.share = {{"net", "c2"}};
    SupervisorArguments monitor{3, {4, 5}, {6}, {7, 8}, 9, 10};
    CleanupArguments cleanup{3, sys::ExitStatus{true, 9}, 5, {4}, {}, {7}};
    return {"s" + print_runtime_state(state), "ecode:3", "esignal:9\n", "eunknown",
            "a" + join(print_arguments(monitor), "\n"), "a" + join(print_arguments(cleanup), "\n"),
            "ostarter 42 4711 8f2a5c0e-0000-4000-8000-000000000001\n", "olauncher 4294967338 1 x\n",
            "minit 42 4711 8f2a5c0e-0000-4000-8000-000000000001\n",
            "r" + print_run_note({supervisor.init, supervisor.init, 1000, "/run/user/1000/lxcpp/0123456789abcdef/c1", 8, 15}),
            "mpayload /sys/fs/cgroup/a\nother /sys/fs/cgroup/b\nmount /srv/shared\n", "mpayload /sys/fs/cgr"};
}

} // namespace lxcpp::fuzz
