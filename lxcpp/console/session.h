// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <functional>
#include <optional>
#include <sys/ioctl.h>
#include <vector>

namespace lxcpp {

// Why a relay ended.
enum class SessionEnd {
    Detached,   // the user typed the escape sequence
    PeerClosed, // the container's side is gone and everything it sent was written
    Stopped,    // the process in RelayOptions::until exited; what it had printed was written
    OutputGone, // nobody reads our output any more
    Signal,     // SIGTERM, SIGHUP, SIGINT or SIGQUIT came; the terminal was restored
};

struct SessionResult {
    SessionEnd end = SessionEnd::PeerClosed;
    int signal = 0; // with Signal: which one, to be raised again by the caller if it likes
};

struct RelayOptions {
    std::optional<char> escape; // see parse_escape; none = bytes pass untouched
    // Called at the start and on SIGWINCH with the size of the terminal (input, else output). None:
    // it is set on the peer, which is right when that is a pty master. An Error it throws is ignored.
    std::function<void(const winsize&)> resize;
    FdRef log;                 // gets a copy of what goes to output; best effort
    FdRef until;               // pidfd: the relay also ends when it becomes readable
    bool send_eof = false;     // at the end of input write ^D (VEOF) to the peer
    // With pass_on these signals go to it and the relay stays; without, SIGTERM, SIGHUP, SIGINT and SIGQUIT end it.
    std::vector<int> signals;
    std::function<void(int)> pass_on;
    bool raw = true;           // put input in raw mode while relaying when it is a terminal
};

// Carries bytes both ways, unchanged and in order, until one side ends: input -> peer -> output.
// peer is a pty master or a socket and is made non-blocking, so that a container that does not
// read cannot keep the user from detaching. An end of input alone does not end the relay. input or
// output may be invalid. Blocks the signals it handles while it runs; needs a single-threaded caller.
SessionResult relay(FdRef input, FdRef output, FdRef peer, const RelayOptions& options);

} // namespace lxcpp
