// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/state.h>

#include "sys/pidfd.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lxcpp {

// The file "state" in the runtime directory: what the starter hands to the supervisor it execs.
// Descriptors are numbers in the supervisor's table; -1 = none.
struct SupervisorState {
    struct Tty {
        int number = 0; // 1..N
        int fd = -1;    // pty master
        bool operator==(const Tty&) const = default;
    };

    std::string name;
    std::string lxcpath;
    sys::ProcessId init; // pid, start_time, boot_id
    State state = State::Running;

    int socket = -1;  // listening SOCK_SEQPACKET socket
    int pidfd = -1;   // of init
    int console = -1; // pty master; always drained
    int status = -1;  // gets one Event packet (RUNNING) once the supervisor serves, then is closed
    int session = -1; // a SOCK_STREAM end that is a console client from the first byte on (foreground start)
    std::vector<Tty> ttys;

    std::uint64_t console_buffer = 0; // ring buffer in bytes, rounded up to a power of two; 0 = none
    std::string console_logfile;      // empty = none
    std::uint64_t console_size = 0;   // bytes in the log file before it rotates or starts over; 0 = no limit
    bool console_rotate = false;      // keep the full file as "<logfile>.1"

    std::string cleanup; // path of lxcpp-cleanup
    std::string log;     // the container's log; empty = none
    std::optional<std::uint32_t> uid; // may use the socket besides root

    // Keys that the supervisor does not know, in order: room for what only starter, cleanup and
    // tools share.
    std::vector<std::pair<std::string, std::string>> extra;

    bool operator==(const SupervisorState&) const = default;
};

// "key=value" lines, first "version=1". Throws Error when a value contains a line end or NUL.
[[nodiscard]] std::string print_state(const SupervisorState& state);
// Throws Error that names the line: another version, no '=', a bad number, a key given twice, or a
// required key (name, pid, fd.socket, fd.pidfd) missing.
[[nodiscard]] SupervisorState parse_state_file(std::string_view text);

// "code:N", "signal:N" or "unknown": the file "exit" in the runtime directory and --status.
[[nodiscard]] std::string print_exit(const std::optional<sys::ExitStatus>& exit);
[[nodiscard]] std::optional<sys::ExitStatus> parse_exit(std::string_view text); // throws Error

} // namespace lxcpp
