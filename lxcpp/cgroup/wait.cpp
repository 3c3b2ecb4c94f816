// SPDX-License-Identifier: Apache-2.0
#include "cgroup/wait.h"

#include "base/strings.h"
#include "sys/epoll.h"
#include "sys/file.h"

#include <algorithm>
#include <array>
#include <sys/epoll.h>
#include <thread>

namespace lxcpp {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds time_left(Deadline deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    return std::max(left, milliseconds(0));
}

// Not for long: of what changed back at once there is no notice.
void wait_for_change(FdRef file, Deadline deadline) {
    constexpr milliseconds look_again{100};
    sys::Epoll epoll;
    epoll.add(file, EPOLLPRI, 0);
    std::array<sys::Ready, 1> ready{};
    static_cast<void>(epoll.wait(ready, std::min(time_left(deadline), look_again)));
}

} // namespace

bool Backoff::pause() {
    const auto left = deadline_ - steady_clock::now();
    if (left <= steady_clock::duration::zero()) return false;
    std::this_thread::sleep_for(std::min<steady_clock::duration>(next_, left));
    next_ = std::min(next_ * 2, std::chrono::microseconds(20000));
    return true;
}

bool wait_for_content(const std::filesystem::path& file, Deadline deadline,
                      const std::function<bool(std::string_view)>& wanted) {
    const bool notifies = file.filename() == "cgroup.events";
    Backoff backoff(deadline);
    for (;;) {
        // A new descriptor each time: the kernel notifies of changes after its last read.
        const auto fd = sys::try_open_file(file);
        if (wanted(fd ? sys::read_all(*fd, file.native()) : std::string())) return true;
        if (steady_clock::now() >= deadline) return false;
        if (notifies && fd) {
            wait_for_change(*fd, deadline);
        } else {
            backoff.pause();
        }
    }
}

std::string_view flat_value(std::string_view text, std::string_view key) {
    for (const std::string_view line : split_lines(text)) {
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
            return trim(line.substr(key.size() + 1));
        }
    }
    return {};
}

} // namespace lxcpp
