// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <optional>
#include <sys/ioctl.h>
#include <termios.h>

namespace lxcpp::sys {

struct Pty {
    Fd master;
    Fd slave;
};

[[nodiscard]] Pty open_pty(); // on the caller's /dev/ptmx; slave by TIOCGPTPEER, no path
[[nodiscard]] bool is_ptmx_master(FdRef fd); // character 5:2 and answers TIOCGPTN
[[nodiscard]] bool is_terminal(FdRef fd) noexcept;
[[nodiscard]] std::optional<winsize> window_size(FdRef fd) noexcept;
void set_window_size(FdRef fd, const winsize& size) noexcept;

// Raw mode for good, for a terminal that is ours alone.
void set_raw(FdRef terminal);
// Puts a terminal in raw mode; the old settings return with the destructor.
class RawMode {
public:
    explicit RawMode(FdRef terminal);
    RawMode(const RawMode&) = delete;
    RawMode& operator=(const RawMode&) = delete;
    ~RawMode();

private:
    FdRef terminal_;
    termios saved_{};
};

} // namespace lxcpp::sys
