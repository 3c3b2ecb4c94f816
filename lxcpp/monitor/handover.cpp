// SPDX-License-Identifier: Apache-2.0
#include "monitor/handover.h"

#include <lxcpp/error.h>

#include "base/strings.h"
#include "sys/fd_table.h"
#include "sys/own_namespace.h"
#include "sys/program.h"

#include <limits>

namespace lxcpp {
namespace {

constexpr std::string_view kStatus = "--status";
constexpr std::string_view kSocket = "--socket";
constexpr std::string_view kSubscribers = "--subscribers";
constexpr std::string_view kSessions = "--sessions";
constexpr std::string_view kHeld = "--held";
constexpr std::string_view kConsoleLog = "--console-log";
constexpr std::string_view kReady = "--ready";

int parse_descriptor(std::string_view text) {
    const std::optional<std::uint64_t> number = parse_u64(text);
    if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
        throw Error("\"" + printable(text) + "\" is not a descriptor number");
    }
    return static_cast<int>(*number);
}

std::vector<int> parse_descriptors(std::string_view text) {
    std::vector<int> numbers;
    if (text.empty()) return numbers;
    for (const std::string_view part : split(text, ',')) numbers.push_back(parse_descriptor(part));
    return numbers;
}

void print_descriptors(std::vector<std::string>& words, std::string_view option,
                       const std::vector<int>& numbers) {
    if (numbers.empty()) return;
    std::vector<std::string> parts;
    for (const int number : numbers) parts.push_back(std::to_string(number));
    words.emplace_back(option);
    words.push_back(join(parts, ","));
}

// Calls take(option, value) for each pair behind the first word, which is the runtime directory.
template <typename Take>
int parse_words(std::span<const std::string> words, std::string_view program, Take&& take) {
    if (words.empty()) throw Error(std::string(program) + ": no runtime directory descriptor");
    const int runtime_dir = parse_descriptor(words[0]);
    for (std::size_t i = 1; i < words.size(); i += 2) {
        const bool known = i + 1 < words.size() && take(words[i], words[i + 1]);
        if (!known) {
            throw Error(std::string(program) + ": unexpected argument " + printable(words[i]));
        }
    }
    return runtime_dir;
}

std::vector<FdRef> references(const std::vector<int>& numbers) {
    std::vector<FdRef> fds;
    for (const int number : numbers) {
        if (number >= 0) fds.emplace_back(number);
    }
    return fds;
}

void become(const std::filesystem::path& program, const std::vector<std::string>& argv,
            const std::vector<int>& numbers) {
    const std::vector<FdRef> fds = references(numbers);
    for (const FdRef fd : fds) sys::set_inheritable(fd, true);
    if (sys::in_own_namespace()) sys::keep_rights_over_exec();
    const int result = sys::try_exec(program, argv);
    for (const FdRef fd : fds) (void)sys::try_set_inheritable(fd, false);
    throw SystemError("run " + program.string(), -result);
}

void append(std::vector<int>& out, const std::vector<int>& more) {
    out.insert(out.end(), more.begin(), more.end());
}

} // namespace

SupervisorArguments parse_supervisor_arguments(std::span<const std::string> words) {
    SupervisorArguments arguments;
    arguments.runtime_dir = parse_words(
        words, "lxcpp-supervisor", [&](std::string_view option, std::string_view value) {
            if (option == kSubscribers) arguments.subscribers = parse_descriptors(value);
            else if (option == kSessions) arguments.sessions = parse_descriptors(value);
            else if (option == kHeld) arguments.held = parse_descriptors(value);
            else if (option == kConsoleLog) arguments.console_log = parse_descriptor(value);
            else if (option == kReady) arguments.ready = parse_descriptor(value);
            else return false;
            return true;
        });
    return arguments;
}

CleanupArguments parse_cleanup_arguments(std::span<const std::string> words) {
    CleanupArguments arguments;
    bool status_given = false;
    arguments.runtime_dir = parse_words(
        words, "lxcpp-cleanup", [&](std::string_view option, std::string_view value) {
            if (option == kStatus) arguments.exit = parse_exit(value), status_given = true;
            else if (option == kSocket) arguments.socket = parse_descriptor(value);
            else if (option == kSubscribers) arguments.subscribers = parse_descriptors(value);
            else if (option == kSessions) arguments.sessions = parse_descriptors(value);
            else if (option == kHeld) arguments.held = parse_descriptors(value);
            else return false;
            return true;
        });
    if (!status_given) throw Error("lxcpp-cleanup: no --status");
    return arguments;
}

std::vector<std::string> print_arguments(const SupervisorArguments& arguments) {
    std::vector<std::string> words{std::to_string(arguments.runtime_dir)};
    print_descriptors(words, kSubscribers, arguments.subscribers);
    print_descriptors(words, kSessions, arguments.sessions);
    print_descriptors(words, kHeld, arguments.held);
    if (arguments.console_log >= 0) print_descriptors(words, kConsoleLog, {arguments.console_log});
    if (arguments.ready >= 0) print_descriptors(words, kReady, {arguments.ready});
    return words;
}

std::vector<std::string> print_arguments(const CleanupArguments& arguments) {
    std::vector<std::string> words{std::to_string(arguments.runtime_dir), std::string(kStatus),
                                   print_exit(arguments.exit)};
    if (arguments.socket >= 0) print_descriptors(words, kSocket, {arguments.socket});
    print_descriptors(words, kSubscribers, arguments.subscribers);
    print_descriptors(words, kSessions, arguments.sessions);
    print_descriptors(words, kHeld, arguments.held);
    return words;
}

std::string monitor_title(const SupervisorState& state) {
    return "[lxcpp monitor] " + state.lxcpath + " " + state.name;
}

void exec_supervisor(const std::filesystem::path& program, const SupervisorState& state,
                     const SupervisorArguments& arguments) {
    std::vector<std::string> argv = print_arguments(arguments);
    argv.insert(argv.begin(), monitor_title(state));
    std::vector<int> fds{arguments.runtime_dir, state.socket,  state.pidfd,
                         state.console,         state.status, state.session};
    for (const auto& tty : state.ttys) fds.push_back(tty.fd);
    append(fds, arguments.subscribers);
    append(fds, arguments.sessions);
    append(fds, arguments.held);
    append(fds, {arguments.console_log, arguments.ready});
    become(program, argv, fds);
}

void exec_cleanup(const std::filesystem::path& program, const CleanupArguments& arguments) {
    std::vector<std::string> argv = print_arguments(arguments);
    argv.insert(argv.begin(), program.filename().string());
    std::vector<int> fds{arguments.runtime_dir, arguments.socket};
    append(fds, arguments.subscribers);
    append(fds, arguments.sessions);
    append(fds, arguments.held);
    become(program, argv, fds);
}

} // namespace lxcpp
