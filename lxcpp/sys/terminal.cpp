// SPDX-License-Identifier: Apache-2.0
#include "sys/terminal.h"

#include <csignal>
#include <unistd.h>

namespace lxcpp::sys {

bool is_our_terminal(FdRef fd) noexcept {
    return ::isatty(fd.raw()) == 1 && ::tcgetpgrp(fd.raw()) == ::getpgrp();
}

bool take_terminal(FdRef fd) noexcept {
    // Who is in the background is stopped by SIGTTOU for this, unless that is blocked.
    sigset_t ttou;
    sigset_t old;
    ::sigemptyset(&ttou);
    ::sigaddset(&ttou, SIGTTOU);
    ::pthread_sigmask(SIG_BLOCK, &ttou, &old);
    const bool taken = ::tcsetpgrp(fd.raw(), ::getpgrp()) == 0;
    ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
    return taken;
}

} // namespace lxcpp::sys
