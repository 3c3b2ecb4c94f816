// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <csignal>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::sys {

// lxc.signal.* syntax: a number, SIGNAME (any case, SIG required), SIGRTMIN+n, SIGRTMAX-n. 1..64
// only.
[[nodiscard]] std::optional<int> parse_signal(std::string_view text) noexcept;
[[nodiscard]] std::string signal_name(int signal); // "SIGTERM", "SIGRTMIN+3", "signal 99"

// A write past RLIMIT_FSIZE then fails with EFBIG, which is reported, instead of killing this process. Programs that
// sys::spawn or start/ run have it as it was.
void ignore_file_size_signal() noexcept;

// A terminal's stop key (SIGTSTP) then does nothing to this process.
void ignore_stop_signal() noexcept;

// Those of these signals that this process does not ignore: nohup(1) and a shell's "&" mean it.
[[nodiscard]] std::vector<int> not_ignored(std::span<const int> signals);

// Blocks the given signals for this thread and delivers them through a descriptor; the old mask
// returns with the destructor.
class SignalFd {
public:
    SignalFd(std::initializer_list<int> signals)
        : SignalFd(std::span(signals.begin(), signals.size())) {}
    explicit SignalFd(std::span<const int> signals);
    SignalFd(const SignalFd&) = delete;
    SignalFd& operator=(const SignalFd&) = delete;
    ~SignalFd();
    [[nodiscard]] FdRef fd() const noexcept { return fd_; }
    [[nodiscard]] std::optional<int> next(); // nullopt: none pending

private:
    Fd fd_;
    sigset_t old_{};
};

} // namespace lxcpp::sys
