// SPDX-License-Identifier: Apache-2.0
#include "sys/pty.h"

#include "sys/eintr.h"

#include <lxcpp/error.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace lxcpp::sys {

Pty open_pty() {
    constexpr int kFlags = O_RDWR | O_NOCTTY | O_CLOEXEC;
    Pty pty;
    pty.master = Fd(retry_eintr([] { return ::open("/dev/ptmx", kFlags); }));
    if (!pty.master.valid()) throw SystemError("open /dev/ptmx");
    const int unlock = 0;
    if (::ioctl(pty.master.raw(), TIOCSPTLCK, &unlock) != 0) throw SystemError("unlock a pty");
    pty.slave = Fd(::ioctl(pty.master.raw(), TIOCGPTPEER, kFlags));
    if (!pty.slave.valid()) throw SystemError("open the terminal side of a pty");
    return pty;
}

bool is_ptmx_master(FdRef fd) {
    struct stat info {};
    if (::fstat(fd.raw(), &info) != 0 || !S_ISCHR(info.st_mode)) return false;
    if (info.st_rdev != makedev(5, 2)) return false;
    unsigned number = 0;
    return ::ioctl(fd.raw(), TIOCGPTN, &number) == 0;
}

bool is_terminal(FdRef fd) noexcept {
    return ::isatty(fd.raw()) == 1;
}

std::optional<winsize> window_size(FdRef fd) noexcept {
    winsize size{};
    if (::ioctl(fd.raw(), TIOCGWINSZ, &size) != 0) return std::nullopt;
    return size;
}

void set_window_size(FdRef fd, const winsize& size) noexcept {
    ::ioctl(fd.raw(), TIOCSWINSZ, &size);
}

namespace {

// Returns what the settings were.
termios make_raw(FdRef terminal) {
    termios saved{};
    if (::tcgetattr(terminal.raw(), &saved) != 0) throw SystemError("read the terminal's settings");
    termios raw = saved;
    ::cfmakeraw(&raw);
    const int result = retry_eintr([&] { return ::tcsetattr(terminal.raw(), TCSADRAIN, &raw); });
    if (result != 0) throw SystemError("change the terminal's settings");
    return saved;
}

} // namespace

void set_raw(FdRef terminal) { (void)make_raw(terminal); }

RawMode::RawMode(FdRef terminal) : terminal_(terminal), saved_(make_raw(terminal)) {}

RawMode::~RawMode() {
    static_cast<void>(
        retry_eintr([&] { return ::tcsetattr(terminal_.raw(), TCSADRAIN, &saved_); }));
}

} // namespace lxcpp::sys
