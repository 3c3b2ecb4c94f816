// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/terminal_text.h"
#include "sys/pipe.h"

#include <lxcpp/one_shot.h>

#include <array>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace lxcpp {

// The standard streams of a one-shot container: an empty input, and pipes for the rest, which are
// copied to where it goes. A program that opened the log itself could truncate it (">/dev/stderr"),
// and one that had our terminal could read what is typed there, or have it do things. They are put
// in place in the child alone: other threads of ours may print meanwhile.
class OneShotOutput {
public:
    explicit OneShotOutput(const OneShot& request);

    [[nodiscard]] std::array<FdRef, 3> for_child() const noexcept;
    // Copies until nobody can write any more, or the process of the pidfd has ended; once the child
    // has its ends. Throws at the end what kept something from being written: nobody inside waits
    // for that. False: the deadline came first, and it was killed.
    [[nodiscard]] bool copy(FdRef pidfd,
                            std::optional<std::chrono::steady_clock::time_point> deadline);

private:
    struct Channel {
        sys::Pipe pipe;
        FdRef to; // invalid: captured
        const char* what = "";
        std::optional<TerminalText> shown = {}; // it goes to a terminal, which would obey it
    };
    void take(Channel& channel);
    void write(const Channel& channel, std::string_view data);
    void end(Channel& channel);

    std::string* captured_;
    Fd input_;
    Fd log_;
    Channel output_;
    Channel error_; // without a pipe: as the output
    std::exception_ptr failure_;
};

} // namespace lxcpp
