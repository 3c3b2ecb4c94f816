// SPDX-License-Identifier: Apache-2.0
#include "container/helper_process.h"

#include "base/error.h"
#include "sys/epoll.h"

#include <array>
#include <sys/epoll.h>

namespace lxcpp {

void refuse_interrupted(sys::SignalFd& signals) {
    if (const auto signal = signals.next()) {
        throw Error("interrupted by " + sys::signal_name(*signal) + "; nothing was created");
    }
}

void wait_for_helper(sys::Child& child, sys::SignalFd& signals, const std::string& what) {
    sys::Epoll epoll;
    epoll.add(child.pidfd(), EPOLLIN, 0);
    epoll.add(signals.fd(), EPOLLIN, 1);
    for (bool ended = false; !ended;) {
        std::array<sys::Ready, 2> ready{};
        const std::size_t count = epoll.wait(ready, std::nullopt);
        refuse_interrupted(signals); // the child is killed with its owner
        for (std::size_t i = 0; i < count; ++i) ended = ended || ready[i].tag == 0;
    }
    const sys::ExitStatus status = child.wait();
    if (status == sys::ExitStatus{}) return;
    throw Error(what + ": " + (status.signaled ? "the copying program was killed by " + sys::signal_name(status.value)
                                               : "it failed with exit code " + std::to_string(status.value)));
}

} // namespace lxcpp
